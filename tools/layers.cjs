/**
 * The layers of `src/key-management`, from the ground up. Each row is one height: a layer may import the layers of the rows below it and
 * itself, but not the other layers of its own row. A subfolder may be a layer of its own; its parent is then what stands beside it.
 * `.dependency-cruiser.cjs` enforces this list, and `tools/draw-layers.mjs` draws it in ARCHITECTURE.md with the sentence of each layer.
 *
 * @type {ReadonlyArray<Readonly<Record<string, string>>>} Each row maps a folder, or a file of the top folder, to what it is for.
 */
const LAYERS = [
  {
    common: 'Generic helpers: clock, timers, text, abort signals, semaphore. No word of AI or of keys.',
    'key-management.constants.ts': 'Names that several layers share.',
  },
  { vendors: 'What is known of each vendor, as data: headers, rules, error shapes, rate limits.' },
  {
    classification: 'An error, a response or a stream event becomes evidence, and rules turn evidence into an outcome.',
  },
  { usage: 'What calls used, and what vendors ask for it.' },
  { 'pool/limits': 'How fast a key may be used: by headers, by learned rates, by the limits that the user states.' },
  { 'pool/key': 'One key: its secret, its state, its statistics, and its availability for one model.' },
  { 'pool/selection': 'Which key a call gets: an index of candidates per model, and the choice (stride scheduling).' },
  { 'pool/state': 'What an outcome does to a key: state transitions, cooldowns, outlier detection.' },
  { 'errors.ts': 'The errors that a caller meets.' },
  { pool: 'All keys of one provider: lease and settle. The only writer of key state.' },
  { 'store/port': 'The contract of a store: documents, changes, and how two changes merge.' },
  { 'store/server': 'What stores on a server have in common: connections one after the other, packed batches.' },
  {
    'store/memory': 'The store that ends with the process.',
    'store/file': 'The store in a folder (LevelDB).',
    'store/redis': 'The store in Redis, Sentinel or Redis Cluster.',
    'store/postgres': 'The store in Postgres, an entry of its own.',
    'store/firebase': 'The store in a Firebase Realtime Database.',
  },
  { 'store/built-in-stores.ts': 'The table of the built-in stores: options, environment and creation follow from it.' },
  {
    configuration: 'Options and environment variables, checked and resolved once at the start.',
    tracing: 'OpenTelemetry spans of calls and attempts.',
  },
  {
    checkers: 'Health checkers: the probes of each vendor, their registry, and the base class for custom ones.',
    sources: 'Built-in key sources: files, directories, servers that keys are read from while the app runs.',
  },
  { 'store/sync': 'Keeps an instance and its store equal: outbox, reconnects, registers and sums of many instances.' },
  { 'store/shares': "Which part of its accounts' limits each instance may use: reports, grants, leases." },
  { 'store/keys': 'Keys as documents: writing, reading, encryption, inactive keys.' },
  { store: 'Chooses the adapter and ties it to pools and settings.' },
  {
    execution: 'Managed calls and the managed fetch: attempt, retry, wait, time limits.',
    health: 'Probes, scheduled sweeps, intake of new keys, health indicators.',
    events: 'The log of events, in memory and in the store.',
  },
  {
    analytics: 'Counts over time and reports made of them.',
    metrics: 'Prometheus metrics.',
  },
  { admin: 'The HTTP API: routes, roles, checked input, event stream.' },
  { dashboard: 'The page and the data that only the page asks for.' },
];

/** Names of the layers, row by row. */
const layerNames = LAYERS.map((row) => Object.keys(row));

module.exports = { LAYERS, layerNames };
