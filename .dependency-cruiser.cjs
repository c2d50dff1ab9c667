const { layerNames: LAYERS } = require('./tools/layers.cjs');

/** The package itself. */
const PACKAGE = '^src/key-management/';
/** Tests and the stores' contract suite may use what stands outside the package. */
const SPECS = '\\.(spec|e2e-spec|more-spec)\\.ts$|/contract/[a-z-]+\\.contract\\.ts$|store/contract/';
const ALL = LAYERS.flat();

/** A pattern for a folder without those of its subfolders that are layers of their own. */
function pathOf(layer) {
  if (layer.endsWith('.ts')) return `${layer.replaceAll('.', '\\.')}$`;
  const inner = ALL.filter((other) => other.startsWith(`${layer}/`)).map((other) => other.slice(layer.length + 1));
  return inner.length === 0 ? `${layer}/` : `${layer}/(?!(?:${inner.join('|')})/)`;
}
const anyOf = (layers) => `${PACKAGE}(?:${layers.map(pathOf).join('|')})`;

/** No layer imports a layer above it or beside it. Imports of types count as much as imports of values. */
const layerRules = LAYERS.flatMap((layers, height) =>
  layers.map((layer) => ({
    name: `layer-${layer.replaceAll('/', '-')}-knows-only-those-below`,
    comment: `${layer} may import from: ${LAYERS.slice(0, height).flat().join(', ')}.`,
    severity: 'error',
    from: { path: anyOf([layer]), pathNot: SPECS },
    to: { path: PACKAGE, pathNot: anyOf([layer, ...LAYERS.slice(0, height).flat()]) },
  })),
);

/** Only the adapter that a driver belongs to imports it, so that no other store or vendor loads it. */
const DRIVERS = {
  'classic-level': 'store/file',
  'firebase-admin': 'store/firebase',
  ioredis: 'store/redis',
  pg: 'store/postgres',
};
const driverRules = Object.entries(DRIVERS).map(([driver, folder]) => ({
  name: `driver-${driver}-is-imported-by-its-adapter-only`,
  severity: 'error',
  from: { path: '^src/', pathNot: [`${PACKAGE}${folder}/`, SPECS] },
  to: { path: `node_modules/${driver}/`, dependencyTypesNot: ['type-only'] },
}));

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Not of types either: files that name each other are one subject and belong into one file.',
      severity: 'error',
      from: { path: PACKAGE },
      to: { circular: true },
    },
    {
      name: 'no-cycles-elsewhere',
      severity: 'error',
      from: { pathNot: PACKAGE },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    ...layerRules,
    {
      name: 'every-folder-is-in-a-layer',
      comment: 'Enter a new folder in tools/layers.cjs.',
      severity: 'error',
      from: { path: `${PACKAGE}[^/]+/`, pathNot: [anyOf(ALL), SPECS] },
      to: {},
    },
    ...driverRules,
    {
      name: 'package-imports-nothing-outside',
      severity: 'error',
      from: { path: PACKAGE, pathNot: SPECS },
      to: { path: '^(src|test|demo|bench|examples|tools)/', pathNot: PACKAGE },
    },
    {
      name: 'only-vendors-imports-a-vendor-folder',
      severity: 'error',
      from: { path: PACKAGE, pathNot: [`${PACKAGE}vendors/`, SPECS] },
      to: { path: `${PACKAGE}vendors/(?!contract/)[^/]+/` },
    },
    {
      name: 'hosts-use-the-public-surface',
      comment: 'The host app, the demo and the examples import the package as a user would.',
      severity: 'error',
      from: { path: '^(src/(main|app\\.module)\\.ts|demo/|examples/)' },
      to: { path: PACKAGE, pathNot: `${PACKAGE}(index|testing|postgres)\\.ts$` },
    },
    {
      name: 'simulator-imports-nothing-of-the-package',
      comment:
        'What plays the vendors for our tests must not learn of them from the code under test. A file of its own when built, too.',
      severity: 'error',
      from: { path: `${PACKAGE}testing/simulator/`, pathNot: SPECS },
      to: { path: PACKAGE, pathNot: `${PACKAGE}testing/simulator/` },
    },
    {
      name: 'the-simulator-for-our-tests-adds-to-the-published-one',
      severity: 'error',
      from: { path: '^test/simulator/', pathNot: SPECS },
      to: { path: '^src/', pathNot: `${PACKAGE}testing/simulator/` },
    },
    {
      name: 'package-uses-declared-dependencies',
      severity: 'error',
      from: { path: PACKAGE, pathNot: SPECS },
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
