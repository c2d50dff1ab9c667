import { keyText } from '../../../test/support/key-text';
import { givenKeysIn, keysIn } from './key-list';

const [A, B] = [keyText(1), keyText(2)];
const both = [A, B];

describe('a list of keys in a variable', () => {
  it.each<[string, string]>([
    ['commas', `${A},${B}`],
    ['commas and spaces', ` ${A} , ${B} `],
    ['a comma at the end', `${A},${B},`],
    ['line breaks', `${A}\n${B}\n`],
    ['Windows line breaks', `${A}\r\n${B}\r\n`],
    ['semicolons', `${A};${B}`],
    ['spaces', `${A} ${B}`],
    ['tabs', `${A}\t${B}`],
    ['double quotes around all', `"${A},${B}"`],
    ['single quotes around all', `'${A},${B}'`],
    ['quotes in quotes', `'"${A},${B}"'`],
    ['quotes around each', `"${A}","${B}"`],
    ['single quotes around each, and spaces', `'${A}', '${B}'`],
    ['JSON', JSON.stringify(both)],
    ['JSON on lines', JSON.stringify(both, null, 2)],
    ['JSON in quotes', `'${JSON.stringify(both)}'`],
    ['JSON whose quotes are escaped', `"${JSON.stringify(both).replaceAll('"', '\\"')}"`],
    ['brackets without quotes', `[${A}, ${B}]`],
    ['a byte order mark', `\ufeff${A},${B}`],
    ['zero-width spaces', `${A},\u200b${B}`],
    ['non-breaking spaces', `${A},\u00a0${B}`],
    ['Bearer before each', `Bearer ${A},Bearer ${B}`],
    ['its own name before it', `OPENAI_API_KEYS=${A},${B}`],
    ['export before it', `export OPENAI_API_KEY="${A}";${B}`],
    ['a comment after it', `${A},${B} # team a, b`],
    ['a comment as in code', `${A},${B} // both`],
    ['JSON of objects', JSON.stringify(both.map((key) => ({ key, label: 'a' })))],
    ['JSON with null', JSON.stringify([A, null, B])],
    ['JSON with a comma too many', `["${A}","${B}",]`],
    ['a list of YAML', `- ${A}\n- "${B}"`],
    ['an array of a shell', `(${A} ${B})`],
    ['line breaks that are written out', `${A}\\n${B}\\r\\n`],
    ['written line breaks in quotes', `"${A}\\n${B}"`],
    ['a quote at the start alone', `"${A},${B}`],
    ['a quote at the end alone', `${A},${B}'`],
    ['quotes of a word processor', `“${A}”, ‘${B}’`],
    ['full-width commas', `${A}，${B}`],
    ['a name, and quotes around all', `OPENAI_API_KEYS="${A}, ${B}"`],
    ['a name in lower case', `openai_api_keys=${A},${B}`],
    ['a name as YAML writes it', `OPENAI_API_KEYS: "${A}, ${B}"`],
    ['a name before each', `OPENAI_API_KEY_1=${A}\nOPENAI_API_KEY_2='${B}'`],
    ['a header', `Authorization: Bearer ${A}, ${B}`],
    ['soft hyphens and marks of direction', `\u200e${A},\u00ad${B}`],
    ['comments on lines', `# team a\n${A}\n${B} # team b\n`],
  ])('E6: is read with %s', (_, text) => {
    expect(keysIn(text)).toEqual(both);
  });

  it('keeps what objects of a JSON list say of their keys', () => {
    const given = [{ key: A, tier: 1, limits: { requestsPerDay: 250 } }, B, { label: 'no key' }, { key: ' ' }, 7];
    expect(givenKeysIn(JSON.stringify(given))).toEqual(given.slice(0, 2));
  });

  it.each(['', ' ', '""', '[]', ',;', '# none'])('E6: may hold none: %j', (text) => {
    expect(keysIn(text)).toEqual([]);
  });

  it('E6: leaves signs within a key alone', () => {
    for (const odd of [`${A}#1=+/"'x`, `1|${A}==`, '${OPENAI_API_KEY}']) expect(keysIn(odd)).toEqual([odd]);
  });
});
