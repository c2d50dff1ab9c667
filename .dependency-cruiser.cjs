/** The rooms of the house, from the bottom. A room knows the rooms on lower floors, and itself. */
const FLOORS = [
  ['classification'],
  ['pool'],
  ['configuration', 'tracing'],
  ['vendors'],
  ['store'],
  ['execution', 'health', 'logging'],
  ['analytics', 'metrics'],
  ['admin'],
  ['dashboard'],
];
/** Stands on the roof: wires the rooms together and knows them all. */
const LEAVES =
  '(abort-followers|bounded-text|clock|errors|flat-text|log-line|near-miss|one-line|option-fault|optional-peer|secret-text|slices|key-management\\.(constants|options))\\.ts$';

const HOUSE = '^src/key-management/';
/** Tests and the stores' contract suite may use what stands outside the house. */
const SPECS = '\\.(spec|e2e-spec|more-spec)\\.ts$|/contract/';
const anyOf = (rooms) => `${HOUSE}(${rooms.join('|')})/`;

/** No room imports one above it, beside it, or the roof. */
const floorRules = FLOORS.flatMap((rooms, floor) =>
  rooms.map((room) => ({
    name: `room-${room}-knows-only-lower-rooms`,
    comment: `${room} may import from: ${['the leaf files', ...FLOORS.slice(0, floor).flat()].join(', ')}.`,
    severity: 'error',
    from: { path: `${HOUSE}${room}/`, pathNot: SPECS },
    to: { path: HOUSE, pathNot: [anyOf([room, ...FLOORS.slice(0, floor).flat()]), HOUSE + LEAVES] },
  })),
);

/** A driver is imported by the adapter it belongs to, so that another store or vendor never loads it. */
const DRIVERS = {
  'classic-level': 'store/file',
  'firebase-admin': 'store/firebase',
  ioredis: 'store/redis',
};
const driverRules = Object.entries(DRIVERS).map(([driver, room]) => ({
  name: `driver-${driver}-stays-in-its-room`,
  severity: 'error',
  from: { path: '^src/', pathNot: [`${HOUSE}${room}/`, SPECS] },
  to: { path: `node_modules/${driver}/` },
}));

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Types that name each other are no cycle: nothing of them is left when the program runs.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    ...floorRules,
    {
      name: 'every-room-has-a-floor',
      comment: 'A new room is entered in FLOORS above.',
      severity: 'error',
      from: { path: `${HOUSE}[^/]+/`, pathNot: anyOf(FLOORS.flat()) },
      to: {},
    },
    ...driverRules,
    {
      name: 'leaf-files-import-only-types',
      severity: 'error',
      from: { path: HOUSE + LEAVES },
      to: { path: HOUSE, pathNot: HOUSE + LEAVES, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'house-imports-nothing-outside',
      severity: 'error',
      from: { path: HOUSE, pathNot: SPECS },
      to: { path: '^(src|test|demo|bench|examples|tools)/', pathNot: HOUSE },
    },
    {
      name: 'a-vendor-folder-is-known-to-vendors-only',
      severity: 'error',
      from: { path: HOUSE, pathNot: [`${HOUSE}vendors/`, SPECS] },
      to: { path: `${HOUSE}vendors/[^/]+/` },
    },
    {
      name: 'hosts-use-the-public-surface',
      comment: 'The host app, the demo and the examples import the package as a user would.',
      severity: 'error',
      from: { path: '^(src/(main|app\\.module)\\.ts|demo/|examples/)' },
      to: { path: HOUSE, pathNot: `${HOUSE}(index|testing)\\.ts$` },
    },
    {
      name: 'simulator-knows-nothing-of-us',
      severity: 'error',
      from: { path: '^test/simulator/', pathNot: SPECS },
      to: { path: '^src/' },
    },
    {
      name: 'package-uses-declared-dependencies',
      severity: 'error',
      from: { path: HOUSE, pathNot: SPECS },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'],
        dependencyTypesNot: ['npm', 'npm-peer', 'npm-optional', 'type-only'],
      },
    },
    // The peers are installed for the benchmarks alone, when they run.
    {
      name: 'everything-resolves',
      severity: 'error',
      from: { pathNot: '^bench/peers\\.mjs$' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^(dist|\\.build)/', '^src/key-management/dashboard/ui/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['node', 'require', 'types', 'default'] },
    cache: { folder: '.build/depcruise', strategy: 'content' },
  },
};
