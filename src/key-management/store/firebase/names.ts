// What the Realtime Database forbids in a key; what this layout uses itself, `%` to escape and `|` for `/`; and surrogates,
// because the SDK splits long messages within a pair and so spoils the character.
// eslint-disable-next-line no-control-regex -- control characters are among what it forbids
const RESERVED = /[.#$[\]/%|\u0000-\u001f\u007f\ud800-\udfff]/g;

function escape(character: string): string {
  const hex = character.charCodeAt(0).toString(16).toUpperCase();
  return hex.length > 2 ? `%u${hex}` : `%${hex.padStart(2, '0')}`;
}

/**
 * Any text as a key of the database, reversibly. Keys that look like integers are escaped too, because the database would give
 * an object of them back as an array, and names that plain objects have (`__proto__`, `hasOwnProperty`), on which the SDK fails.
 */
export function encodeKey(name: string): string {
  const key = name.replace(RESERVED, escape);
  if (key === '') return '%';
  return /^-?\d+$/.test(key) || key in Object.prototype ? escape(key) + key.slice(1) : key;
}

export function decodeKey(key: string): string {
  if (key === '%') return '';
  return key.replace(/%u([0-9A-F]{4})|%([0-9A-F]{2})/g, (_, four?: string, two?: string) =>
    String.fromCharCode(parseInt(four ?? two ?? '', 16)),
  );
}

/** `keys/openai/abc` → `|keys|openai|abc`: flat, so that a prefix of names is a range of keys; works for a prefix as well. */
export function encodeDocument(name: string): string {
  return `|${name
    .split('/')
    .map((segment) => segment.replace(RESERVED, escape))
    .join('|')}`;
}

export function decodeDocument(key: string): string {
  return key.slice(1).split('|').map(decodeKey).join('/');
}

/** JSON without surrogates, for the same reason. */
export function encodeJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\ud800-\udfff]/g, (half) => `\\u${half.charCodeAt(0).toString(16)}`);
}
