// Writes the parts of docs/ that the code already says: options, variables, outcomes, rules and shapes.
// `node tools/make-docs.mjs` writes them, `--check` fails where a page differs from the code.
// A part stands between `<!-- make-docs: <part> [<name>] -->` and `<!-- /make-docs -->`.
import { createRequire } from 'node:module';
import { readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { ENTRY, baseOf, findDeclaration, membersOf } from './docs/declarations.mjs';
import { guidePages, read } from './docs/markdown.mjs';
import { boundTables, formatTable, sharedRuleTable, vendorSections } from './docs/vendors.mjs';

const { load } = createRequire(import.meta.url)('./docs/load.cjs');
const PART = /(<!-- make-docs: (\w+) ?([\w, ]*) -->\n)[\s\S]*?(<!-- \/make-docs -->)/g;
const LONGEST_PATTERN = 200;

const { CONSEQUENCES, OUTCOMES } = load(ENTRY);
const { resolveOptions } = load(findDeclaration('KeyManagementConfigurationError').file);
const schemas = load('src/key-management/configuration/options-schema.ts');
const { optionsFromEnvironment } = load('src/key-management/configuration/environment.ts');

/** For members whose name says nearly all, and which therefore have no TSDoc. */
const NOTES = {
  'KeyInput.key': 'The API key itself.',
  'KeyInput.label': 'A name for people, shown beside the masked key.',
  'KeyInput.limits': 'Hard limits of this key.',
  'KeyLimits.concurrency': 'Calls in flight at once.',
  'KeyLimits.requestsPerMinute': 'Attempts per minute.',
  'KeyLimits.tokensPerMinute': 'Tokens per minute, counted from the answers.',
  'ExecuteOptions.signal': 'Ends the call with `CANCELLED` when it aborts.',
  'KeyManagementOptions.providers': 'The providers by name: `openai`, `anthropic`, `google`, or one of your own.',
  'CallContext.keyId': 'The id of the key: no secret.',
  'Classification.outcome': 'What the failure is.',
  'Classification.keyAction': 'Overrides what the table of outcomes does to the key.',
  'Classification.scope': 'Overrides how far that reaches.',
  'Classification.retry': 'Overrides what the call does next.',
  'Classification.decidedBy': 'Which kind of evidence decided; `checker` for a checker of your own.',
  'Classification.status': 'The HTTP status.',
  'VendorError.phase': 'Where the failure was met: an HTTP answer, a probe, a stream, or before any answer.',
  'VendorError.codes': 'Error codes found in the body.',
  'VendorError.types': 'Error types found in the body.',
  'VendorError.bodyKind': 'What the body turned out to be.',
  'VendorError.transport': 'Set where no answer came.',
  'VendorError.statedWait': 'The wait that the vendor states, in milliseconds, and where it was found.',
};

/** Said before the TSDoc where that says little more than the default. */
const LEADS = {
  'KeyManagementOptions.maxRetries': 'Retries of failures that leave the key in the pool.',
  'KeyManagementOptions.healthCheckIntervalMinutes':
    'Minutes between two checks of a key that no call has proven meanwhile.',
  'KeyManagementOptions.errorClassification':
    'How errors are read: `evidence` first, or `status` for the status table alone.',
  'KeyManagementOptions.backoff': 'Waits between retries.',
  'KeyManagementOptions.adminToken': 'Opens every route of the HTTP API.',
  'KeyManagementOptions.viewerToken': 'Opens the routes that read.',
  'KeyStoreOptions.kind': 'Which store.',
  'KeyStoreOptions.path': 'The folder of the file store.',
  'KeyStoreOptions.url': 'Where the shared store is.',
  'KeyStoreOptions.credentials': 'The service account of the Firebase store.',
};

const table = (head, rows) =>
  [
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ].join('\n');
const cell = (text) => text.replaceAll('|', '\\|');
const codes = (names) => names.map((name) => `\`${name}\``).join(', ');

// --- Options and variables

/** Which variable sets which option: every variable is set to its own name, and each option tells from which one it took it. */
const { names: VARIABLE_OF } = optionsFromEnvironment(new Proxy({}, { get: (_, name) => String(name) }), 'redis');
/** All variables that the package reads, found by answering none of them. */
const READ = new Set();
const DEFAULTS = resolveOptions({}, new Proxy({}, { get: (_, name) => void READ.add(String(name)) }));

const jsonSchema = (schema) => z.toJSONSchema(schema, { unrepresentable: 'any' });
const ALL_OPTIONS = jsonSchema(schemas.OPTIONS);
const KEY = jsonSchema(schemas.GIVEN_KEY);
/** Where an interface's options stand, and the part of the schema that checks them. */
const OPTIONS = {
  KeyManagementOptions: { path: '', schema: ALL_OPTIONS },
  ProviderOptions: { path: 'providers.openai.', schema: ALL_OPTIONS.properties.providers.additionalProperties },
  KeyStoreOptions: { path: 'store.' },
  KeyInput: { schema: KEY },
  KeyLimits: { schema: KEY.properties.limits },
  Budget: { schema: ALL_OPTIONS.properties.providers.additionalProperties.properties.budgets.items },
};

const number = (value) => value.toLocaleString('en-US');

function allowedBy(schema = {}) {
  if (schema.enum) return codes(schema.enum);
  const { minimum, exclusiveMinimum, maximum = Infinity, minLength, maxLength, type } = schema;
  const parts = [];
  if (type === 'integer') parts.push('whole');
  if (minimum !== undefined) parts.push(`${number(minimum)} or more`);
  if (exclusiveMinimum !== undefined) parts.push(`more than ${number(exclusiveMinimum)}`);
  if (maximum < Number.MAX_SAFE_INTEGER) parts.push(`at most ${number(maximum)}`);
  if (minLength > 1 || maxLength)
    parts.push(`${minLength ?? 0}${maxLength ? ` to ${maxLength}` : ' or more'} characters`);
  return parts.join(', ');
}

/** The variable stands in a column of its own, so the sentence need not begin with it. */
const withoutVariable = (doc, variable = '') => {
  const [name] = variable.split(' …');
  for (const lead of [`\`${name}\`. `, `\`${name}\`, `, `\`${name}\`: `, `\`${name}\` …: `])
    if (name && doc.startsWith(lead)) return doc.slice(lead.length).replace(/^[a-z]/, (first) => first.toUpperCase());
  return doc;
};

/** A default that the code fills in must be named by the option's TSDoc, so that neither changes alone. */
function checkDefault(owner, name, doc) {
  const value = owner === 'KeyManagementOptions' ? DEFAULTS[name] : undefined;
  const values = value && typeof value === 'object' && name === 'backoff' ? Object.values(value) : [value];
  for (const each of values) {
    if (typeof each !== 'number' && typeof each !== 'string') continue;
    const shown = [String(each), typeof each === 'number' ? number(each) : each];
    if (!shown.some((text) => doc.includes(text)))
      throw new Error(`The TSDoc of ${name} does not name its default ${each}.`);
  }
}

function membersWithBases(owner) {
  const bases = baseOf(owner).filter((base) => /^[A-Z]\w+$/.test(base));
  return [...membersOf(owner).map((member) => ({ ...member, owner })), ...bases.flatMap(membersWithBases)];
}

function optionTable(owner) {
  const { path, schema } = OPTIONS[owner] ?? {};
  const members = membersWithBases(owner);
  const properties = schema?.properties;
  const unknown = properties && Object.keys(properties).filter((name) => !members.some((each) => each.name === name));
  const lost = properties && members.filter(({ name }) => !(name in properties)).map(({ name }) => name);
  if (unknown?.length || lost?.length)
    throw new Error(`${owner} and its schema differ: ${[...unknown, ...lost].join(', ')}.`);
  const rows = members.map(({ name, type, doc, optional, owner: of }) => {
    const text = doc || NOTES[`${of}.${name}`];
    if (!text) throw new Error(`${of}.${name} has no TSDoc: write one, or a note in tools/make-docs.mjs.`);
    const variable = path === undefined ? undefined : VARIABLE_OF.get(`${path}${name}`);
    checkDefault(of, name, doc);
    const shown = cell(type).replaceAll('`', '');
    const lead = LEADS[`${of}.${name}`];
    const about = [lead, withoutVariable(text, variable)].filter(Boolean).join(' ');
    return [
      `\`${name}\`${optional ? '' : ' (needed)'}`,
      `\`${shown}\``,
      variable ? `\`${variable}\`` : '',
      allowedBy(properties?.[name]),
      cell(about),
    ];
  });
  const head = ['option', 'type', 'variable', 'allowed', 'meaning'];
  const used = head.map((_, column) => rows.some((row) => row[column] !== ''));
  const keep = (row) => row.filter((_, column) => used[column]);
  return table(keep(head), rows.map(keep));
}

/** Read by the package, but no setting of it: what runs the process says so. */
const NO_SETTINGS = new Set(['NODE_ENV', 'JEST_WORKER_ID', 'VITEST']);

/** Every variable that the package reads must be explained: on the page, or, for a vendor's own, beside the vendor. */
function checkVariables(page, text) {
  const named = text + vendorSections();
  const missing = [...READ].filter((name) => !NO_SETTINGS.has(name) && !named.includes(`\`${name}\``));
  if (missing.length > 0) throw new Error(`${page} does not name ${missing.join(', ')}.`);
}

// --- Outcomes, rules and shapes

const ACTIONS = { keep: 'stays', cool_down: 'cools down', remove: 'leaves the pool' };
const REACHES = {
  none: '',
  key: 'the key',
  key_model: 'the key, for one model',
  key_endpoint: 'the key, for one endpoint or model',
};
const NEXT = { same_key: 'back off, then any key', other_key: 'another key', none: 'ends' };

const outcomeTable = () =>
  table(
    ['outcome', '`keyAction`', '`scope`', '`retry`', '`fault`'],
    OUTCOMES.map((outcome) => {
      const { keyAction, scope, retry, fault } = CONSEQUENCES[outcome];
      const reach = REACHES[scope] && `: ${REACHES[scope]}`;
      return [
        `\`${outcome}\``,
        `\`${keyAction}\` (${ACTIONS[keyAction]})`,
        `\`${scope}\`${reach}`,
        outcome === 'ok' ? `\`${retry}\`` : `\`${retry}\` (${NEXT[retry]})`,
        `\`${fault}\``,
      ];
    }),
  );

const pattern = (regexp) => {
  const text = String(regexp);
  return text.length <= LONGEST_PATTERN ? `\`${text}\`` : `\`${text.slice(0, LONGEST_PATTERN)}…\` (shortened)`;
};
const SAYS = {
  code: ({ oneOf }) => `the code is ${codes(oneOf)}`,
  type: ({ oneOf }) => `the type is ${codes(oneOf)}`,
  reason: ({ oneOf }) => `the reason is ${codes(oneOf)}`,
  detail_code: ({ oneOf }) => `the detail code is ${codes(oneOf)}`,
  gstatus: ({ oneOf }) => `Google's status is ${codes(oneOf)}`,
  status: ({ oneOf }) => `the HTTP status is ${oneOf.join(', ')}`,
  quota_id: (each) => `the quota id matches ${pattern(each.pattern)}`,
  message: (each) => `the message matches ${pattern(each.pattern)}`,
  endpoint: (each) => `the endpoint matches ${pattern(each.pattern)}`,
  phase: ({ is }) => ({ probe: 'in a probe', stream: 'inside a stream' })[is] ?? `in the phase \`${is}\``,
  body: ({ is }) => (is === 'html' ? 'the body is HTML' : 'the body is no JSON'),
  http_5xx: () => 'the HTTP status is 5xx',
  not_5xx: () => 'the HTTP status is not 5xx',
  stated_wait: () => 'a wait is stated',
  edge: () => 'what stands before the vendor answered',
  all_limits_zero: () => 'every limit in the message is 0',
};
const hours = (ms) => `${ms / 3_600_000} h`;

function ruleLine({ id, when, outcome, source, ...overrides }) {
  const conditions = when.map((each) => {
    const says = SAYS[each.on];
    if (!says) throw new Error(`Rule ${id} has a condition that tools/make-docs.mjs does not know: ${each.on}.`);
    return says(each);
  });
  const { keyAction, scope, retry, cooldownMs, cooldownMaxMs, escalateOnRepeat } = overrides;
  const also = [
    keyAction && `the key ${ACTIONS[keyAction]}`,
    scope && `reaches ${REACHES[scope]}`,
    retry && `the call ${retry === 'none' ? 'ends' : `goes on: ${NEXT[retry]}`}`,
    cooldownMs && `cools down ${hours(cooldownMs)}${cooldownMaxMs ? `, doubling to ${hours(cooldownMaxMs)}` : ''}`,
    escalateOnRepeat && 'met twice, cools down until midnight Pacific',
  ].filter(Boolean);
  return `- **${id}** → \`${outcome}\`${also.length > 0 ? ` (${also.join('; ')})` : ''}: ${conditions.join(', and ')}${source ? ` (source: ${source})` : ''}`;
}

const VENDORS = 'src/key-management/vendors';
const isRule = (value) =>
  typeof value?.id === 'string' && Array.isArray(value.when) && OUTCOMES.includes(value.outcome);
const isRuleArray = (value) => Array.isArray(value) && value.length > 0 && value.every(isRule);

/** Every list of rules that a file under `vendors/` exports, alone or as a vendor's `rules`, by the vendor's name. */
function ruleLists() {
  const files = readdirSync(VENDORS, { recursive: true }).filter((name) => /(?<!\.(?:more-)?spec)\.ts$/.test(name));
  const order = ({ name, path }) => [
    /\.rules\.ts$/.test(path) ? 0 : 1,
    MAIN.indexOf(name) < 0 ? MAIN.length : MAIN.indexOf(name),
    name,
  ];
  const lists = files.sort().flatMap((path) =>
    Object.values(load(join(VENDORS, path))).flatMap((value) => {
      if (isRuleArray(value)) return [{ name: basename(path).split('.')[0], path, rules: value }];
      if (typeof value?.name !== 'string' || !isRuleArray(value.rules)) return [];
      return [{ name: value.name, path, rules: value.rules, statusTable: value.statusTable }];
    }),
  );
  return lists.sort((one, other) => (order(one).join() < order(other).join() ? -1 : 1));
}
const MAIN = ['openai', 'anthropic', 'google', 'shared'];

/** A section for each vendor. A rule stands under the first that has it; a list that takes up rules of others names its whole order. */
function ruleSections() {
  const listed = new Set();
  const sections = new Map();
  for (const { name, rules, statusTable } of ruleLists()) {
    const lines = sections.get(name) ?? [];
    const own = rules.filter(({ id }) => !listed.has(id));
    const isMixed = own.length > 0 && own.length < rules.length;
    if (isMixed) lines.push(`In this order: ${rules.map(({ id }) => id).join(', ')}. Of these are its own:`, '');
    lines.push(...own.map(ruleLine));
    for (const { id } of own) listed.add(id);
    const statuses = Object.entries(statusTable ?? {}).map(([status, outcome]) => `${status} → \`${outcome}\``);
    if (statuses.length > 0) lines.push(`- the status table: ${statuses.join(', ')}`);
    if (lines.length > 0) sections.set(name, lines);
  }
  return [...sections].map(([name, lines]) => `### ${name}\n\n${lines.join('\n')}`).join('\n\n');
}

const fieldTable = (name) =>
  table(
    ['field', 'type', 'meaning'],
    membersWithBases(name).map(({ name: field, optional, type, doc, owner }) => {
      const text = doc || NOTES[`${owner}.${field}`];
      if (!text) throw new Error(`${owner}.${field} has no TSDoc: write one, or a note in tools/make-docs.mjs.`);
      return [`\`${field}\`${optional ? '' : ' (always there)'}`, `\`${cell(type)}\``, cell(text)];
    }),
  );

const MAKERS = {
  options: optionTable,
  outcomes: outcomeTable,
  rules: ruleSections,
  fields: fieldTable,
  vendors: vendorSections,
  formats: formatTable,
  bound: boundTables,
  shared: sharedRuleTable,
};

// --- Pages

const checkOnly = process.argv.includes('--check');
for (const page of guidePages()) {
  const text = read(page);
  const made = text.replace(PART, (_, begin, part, name, end) => `${begin}\n${MAKERS[part](name)}\n\n${end}`);
  if (page === 'docs/configuration.md') checkVariables(page, made);
  if (made === text) continue;
  if (!checkOnly) {
    writeFileSync(page, made);
    console.log(`${page} is written anew.`);
    continue;
  }
  console.error(`${page} differs from what the code says. Run: node tools/make-docs.mjs`);
  process.exitCode = 1;
}
