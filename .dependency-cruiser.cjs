/**
 * The layers of the package, from the ground. A layer knows those below it, and itself; folders of one line do not know each other.
 * A folder's subfolders may be layers of their own: `pool` is what stands in it beside them. `ARCHITECTURE.md` is drawn from this list.
 */
const LAYERS = [
  ['common', 'key-management.constants.ts'],
  ['vendors'],
  ['classification'],
  ['pool/limits'],
  ['pool/key'],
  ['pool/selection'],
  ['pool/state'],
  ['errors.ts'],
  ['pool'],
  ['store/port'],
  ['store/memory', 'store/file', 'store/redis', 'store/firebase'],
  ['store/built-in-stores.ts'],
  ['configuration', 'tracing'],
  ['checkers'],
  ['store/sync'],
  ['store/keys'],
  ['store'],
  ['execution', 'health', 'events'],
  ['analytics', 'metrics'],
  ['admin'],
  ['dashboard'],
];

const HOUSE = '^src/key-management/';
/** Tests and the stores' contract suite may use what stands outside the package. */
const SPECS = '\\.(spec|e2e-spec|more-spec)\\.ts$|/contract/[a-z-]+\\.contract\\.ts$|store/contract/';
const ALL = LAYERS.flat();

/** A folder without those of its subfolders that are layers of their own. */
function folder(layer) {
  if (layer.endsWith('.ts')) return `${layer.replaceAll('.', '\\.')}$`;
  const inner = ALL.filter((other) => other.startsWith(`${layer}/`)).map((other) => other.slice(layer.length + 1));
  return inner.length === 0 ? `${layer}/` : `${layer}/(?!(?:${inner.join('|')})/)`;
}
const anyOf = (layers) => `${HOUSE}(?:${layers.map(folder).join('|')})`;

/** No layer imports one above it, or beside it; types count as much as values. */
const layerRules = LAYERS.flatMap((layers, height) =>
  layers.map((layer) => ({
    name: `layer-${layer.replaceAll('/', '-')}-knows-only-those-below`,
    comment: `${layer} may import from: ${LAYERS.slice(0, height).flat().join(', ')}.`,
    severity: 'error',
    from: { path: anyOf([layer]), pathNot: SPECS },
    to: { path: HOUSE, pathNot: anyOf([layer, ...LAYERS.slice(0, height).flat()]) },
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
  to: { path: `node_modules/${driver}/`, dependencyTypesNot: ['type-only'] },
}));

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Not of types either: what names each other is one subject, and belongs into one file.',
      severity: 'error',
      from: { path: HOUSE },
      to: { circular: true },
    },
    {
      name: 'no-cycles-elsewhere',
      severity: 'error',
      from: { pathNot: HOUSE },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    ...layerRules,
    {
      name: 'every-folder-is-in-a-layer',
      comment: 'A new folder is entered in LAYERS above.',
      severity: 'error',
      from: { path: `${HOUSE}[^/]+/`, pathNot: [anyOf(ALL), SPECS] },
      to: {},
    },
    ...driverRules,
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
      to: { path: `${HOUSE}vendors/(?!contract/)[^/]+/` },
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
