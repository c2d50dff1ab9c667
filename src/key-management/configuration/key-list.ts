import type { KeyInput } from '../pool/key/key-input';

/** Marks that are invisible where somebody pastes: byte order marks, soft hyphens, zero-width and directional characters. */
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;
/** Line breaks that a shell or a file has written out; no key holds a backslash. */
const WRITTEN_BREAKS = /\\r|\\n|\\t/g;
/** `OPENAI_API_KEYS=`, also numbered or as YAML writes it; no key begins so. */
const NAMES = /(^|[\s,;{])(["']?)[a-z]\w*_keys?(?:_?\d+)?\2\s*[=:](?!=)/gi;
const COMMENTS = /(^|\s)(?:#|\/\/)[^\n]*/g;
/** Full-width ones come from keyboards that write Chinese. */
const SEPARATORS = /[\s,;，；、]+/;
const BEFORE = /^\$?["'`“”‘’([]+/;
const AFTER = /(?<!["'`“”‘’)\]])["'`“”‘’)\]]+$/;
/** What stands before a key in a header, a shell or a YAML list. */
const NO_KEY = /^(?:bearer|export|authorization:|-|)$/i;

/**
 * The keys in the text of one variable, however it is written: separated by commas, semicolons, spaces or line breaks; in quotes, as a
 * whole (`docker --env-file` keeps them) or each; as a list of JSON, YAML or a shell; with `NAME=` or `Bearer` before a key, or a
 * `# comment` after it.
 *
 * Objects of a JSON list are keys with what is said of them, as the options have them.
 */
export function givenKeysIn(text: string): (string | KeyInput)[] {
  const bare = text.replace(INVISIBLE, '').replaceAll('\\"', '"').trim();
  return jsonList(bare) ?? wordsIn(bare);
}

/** The keys alone. */
export const keysIn = (text: string): string[] =>
  givenKeysIn(text).map((each) => (typeof each === 'string' ? each : (each.key as string).trim()));

const wordsIn = (text: string): string[] =>
  text
    .replace(WRITTEN_BREAKS, '\n')
    .replace(COMMENTS, '$1')
    .replace(NAMES, '$1')
    .split(SEPARATORS)
    .map((each) => each.replace(BEFORE, '').replace(AFTER, ''))
    .filter((each) => !NO_KEY.test(each));

const hasKey = (given: unknown): given is KeyInput => {
  const key: unknown = typeof given === 'object' && given !== null ? Reflect.get(given, 'key') : undefined;
  return typeof key === 'string' && key.trim() !== '';
};

/** A list of JSON, in quotes or not: of texts, or of keys as the options have them (`{ "key": … }`). */
function jsonList(text: string): (string | KeyInput)[] | undefined {
  const list = text.replace(/^["'`]+(?=\s*\[)/, '').replace(/(\])\s*["'`]+$/, '$1');
  if (!list.startsWith('[')) return undefined;
  try {
    return (JSON.parse(list) as unknown[])
      .filter((each): each is string | KeyInput => typeof each === 'string' || hasKey(each))
      .map((each) => (typeof each === 'string' ? each.trim() : { ...each, key: (each.key as string).trim() }))
      .filter((each) => each !== '');
  } catch {
    // `[a, b]`, as YAML writes it.
    return undefined;
  }
}
