// docs/vendors.md: what the profile of each vendor says, and where it says nothing.
import { createRequire } from 'node:module';

const { load } = createRequire(import.meta.url)('./load.cjs');

const { BUILT_IN_VENDORS } = load('src/key-management/vendors/index.ts');
const { WIRE_FORMAT_DEFAULTS } = load('src/key-management/vendors/wire-formats.ts');
const { edgeRules, statusRules, callerFaultRules } = load('src/key-management/vendors/shared.rules.ts');
const { keyFileVariable, keyVariables } = load('src/key-management/configuration/environment.ts');

const NOT_KNOWN = 'not known';
const PROVES = {
  key: 'proves the key',
  key_unless_public: 'proves the key, where it is refused without one',
  quota: 'proves the key and its quota',
};

const formatOf = ({ wireFormat = 'openai' }) => wireFormat;
const asFormat = (profile) => `as ${formatOf(profile)}`;
const code = (text) => `\`${text}\``;
const codes = (texts) => texts.map(code).join(', ');

const placeOf = (credential) =>
  'header' in credential
    ? code(`${credential.header}: ${credential.scheme ? `${credential.scheme} ` : ''}<key>`)
    : code(`?${credential.query}=<key>`);

const addressOf = ({ baseUrl, baseUrlExample }) => {
  if (baseUrl) return code(baseUrl);
  return baseUrlExample ? `each customer's own: set it, as ${code(baseUrlExample)}` : `${NOT_KNOWN}: set it`;
};

const lightOf = ({ method = 'GET', path, body, proves, acceptedBy }) => {
  const accepted = acceptedBy ? `; ${acceptedBy.join(' and ')} show it, too` : '';
  return `${code(`${method} ${path}`)}${body ? ` with ${code(JSON.stringify(body))}` : ''}: ${PROVES[proves]}${accepted}`;
};
const deepOf = ({ path, model }) =>
  `${code(`POST ${path}`)} ${model ? `with ${code(model)}` : 'with `probeModel`'}: proves the key and its quota`;

function probeCell(profile, depth, shown) {
  const probes = profile.probes?.[depth];
  if (probes === undefined) return asFormat(profile);
  return probes === false || probes.length === 0 ? 'none' : probes.map(shown).join('<br>');
}

const headersRead = (profile) => {
  const { headers, read } = profile.rateLimits ?? {};
  if (headers) return codes(headers);
  return read ? 'none' : asFormat(profile);
};

const parametersOf = ({ headers = {}, query = {} }) =>
  [
    ...Object.entries(headers).map(([name, value]) => code(`${name}: ${value}`)),
    ...Object.entries(query).map(([name, value]) => code(`?${name}=${value}`)),
  ].join(', ');

function accountSigns({ accountHeaders = [], accountInText = [], accountInDetails = {}, accountInHost }) {
  const signs = [
    ...accountHeaders.map(code),
    ...(accountInText.length > 0 ? ['the words of a refusal'] : []),
    ...(Object.keys(accountInDetails).length > 0
      ? [`${codes(Object.keys(accountInDetails))} in the details of a refusal`]
      : []),
    ...(accountInHost ? ['the host'] : []),
  ];
  return signs.length > 0 ? signs.join(', ') : NOT_KNOWN;
}

function factsOf(profile) {
  const { name, label = name, credential, rateLimits, keyFormat } = profile;
  const upper = name.toUpperCase();
  const sent = parametersOf(profile);
  return [
    ['vendor', `${label}, ${code(name)}, wire format ${code(formatOf(profile))}`],
    ['base URL', addressOf(profile)],
    ['the key travels in', credential ? placeOf(credential) : asFormat(profile)],
    ...(sent ? [['sent with every request', sent]] : []),
    ['keys begin with', keyFormat?.prefixes?.length ? codes(keyFormat.prefixes) : NOT_KNOWN],
    ['light probe', probeCell(profile, 'light', lightOf)],
    ['deep probe', probeCell(profile, 'deep', deepOf)],
    ['headers read', headersRead(profile)],
    ['limits are counted for', rateLimits?.countedFor ? `the ${rateLimits.countedFor}` : NOT_KNOWN],
    ['account known by', accountSigns(profile)],
    ['tokens booked by', rateLimits?.tokens ?? NOT_KNOWN],
    ['environment', codes([...keyVariables(name), keyFileVariable(name), `${upper}_BASE_URL`, `${upper}_PROBE_MODEL`])],
  ];
}

const cell = (text) => text.replaceAll('|', '\\|');
const table = (head, rows) =>
  [
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ].join('\n');

function ruleTable(rules) {
  const rows = rules.map(({ id, outcome, source }) => {
    if (!source) throw new Error(`Rule ${id} has no source: say where its answer was seen or documented.`);
    return [`[${id}](errors.md#the-rules)`, code(outcome), cell(source)];
  });
  return table(['rule', 'outcome', 'source'], rows);
}

/** A section for each vendor: its facts, and its own rules with their sources. */
export function vendorSections() {
  const sections = [...BUILT_IN_VENDORS.values()].map((profile) => {
    const rows = factsOf(profile).map(([fact, value]) => [fact, cell(value)]);
    const rules = profile.rules?.length ? ruleTable(profile.rules) : `Rules: ${asFormat(profile)}.`;
    return `### ${profile.label ?? profile.name}\n\n${table(['fact', 'what is known'], rows)}\n\n${rules}`;
  });
  return sections.join('\n\n');
}

/** One line for each wire format: what a profile that says nothing gets by it. */
export const formatTable = () =>
  table(
    ['wire format', 'the key travels in', 'light probe', 'deep probe', 'sent with every request'],
    Object.entries(WIRE_FORMAT_DEFAULTS).map(([name, format]) =>
      [
        code(name),
        placeOf(format.credential),
        format.light.map(lightOf).join('<br>'),
        format.deep.map(deepOf).join('<br>'),
        parametersOf({ headers: format.headers }),
      ].map(cell),
    ),
  );

/** The rules that hold for every vendor: what stands before it, and what only the status says. */
export const sharedRuleTable = () => ruleTable([...edgeRules, ...statusRules, ...callerFaultRules]);

/** docs/affinity.md: which objects of which vendor belong to one account, and where their ids stand. */
export function boundTables() {
  const tables = [
    ['OpenAI, Azure OpenAI', BUILT_IN_VENDORS.get('openai').boundIds],
    ['Anthropic, and vendors of its wire format', WIRE_FORMAT_DEFAULTS.anthropic.boundIds],
    ['Google, and vendors of its wire format', WIRE_FORMAT_DEFAULTS.google.boundIds],
    ["Other vendors of OpenAI's wire format", WIRE_FORMAT_DEFAULTS.openai.boundIds],
  ];
  const head = ['object', 'in paths', 'in JSON fields', 'remembered for'];
  return tables
    .map(([title, { kinds }]) => {
      const rows = kinds.map(({ kind, collections = [], fields = [], keptDays = 30 }) => [
        kind,
        codes(collections.map((each) => `/${each}/{id}`)),
        codes(fields),
        `${keptDays} days`,
      ]);
      return `**${title}**\n\n${table(head, rows)}`;
    })
    .join('\n\n');
}
