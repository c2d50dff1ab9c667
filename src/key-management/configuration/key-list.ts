/** Marks that are invisible where somebody pastes: byte order marks and zero-width characters. */
const INVISIBLE = /[\u200b-\u200d\u2060\ufeff]/g;
const QUOTES = /^(["'`])(.*)\1$/s;

/**
 * The keys in the text of one variable, however it is written: separated by commas, semicolons, spaces or line breaks; in quotes, as a
 * whole (`docker --env-file` keeps them) or each; as a JSON array; with `NAME=` or `Bearer` before a key, or a `# comment` after it.
 */
export function keysIn(text: string): string[] {
  const bare = unquoted(text.replace(INVISIBLE, '').replaceAll('\\"', '"').trim());
  const list = jsonList(bare);
  if (list) return list;
  return bare
    .replace(/(^|\s)#[^\n]*/g, '$1')
    .split(/[\s,;]+/)
    .map((each) => unquoted(each.replace(/^(?:[A-Z][A-Z\d_]*_API_KEYS?=)/, '')).trim())
    .filter((each) => each !== '' && !/^(?:bearer|export)$/i.test(each));
}

/** Quotes around the whole, which may stand in quotes again. */
function unquoted(text: string): string {
  const inner = QUOTES.exec(text)?.[2];
  // `"a","b"` begins and ends with a quote, and is two keys.
  if (inner === undefined) return text;
  return inner.includes(text[0]!) && !/^\s*\[.*\]\s*$/s.test(inner) ? text : unquoted(inner.trim());
}

function jsonList(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const list: unknown = JSON.parse(text);
    if (!Array.isArray(list) || !list.every((each) => typeof each === 'string')) return undefined;
    return list.map((each) => each.trim()).filter((each) => each !== '');
  } catch {
    // `[a, b]`, as YAML writes it.
    return text.endsWith(']') ? keysIn(text.slice(1, -1)) : undefined;
  }
}
