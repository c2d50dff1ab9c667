/** One reading of some bytes, such as their base64 decoding. */
export interface ByteView {
  readonly form: string;
  readonly bytes: Uint8Array;
}

const SHORTEST_BASE64 = 16;
const SHORTEST_HEX = 24;
const SHORTEST_LIST = 12;

const table = (is: (code: number) => boolean): Uint8Array => Uint8Array.from({ length: 256 }, (_, code) => +is(code));
const charTable = (alphabet: string): Int16Array => {
  const values = new Int16Array(256).fill(-1);
  [...alphabet].forEach((letter, value) => (values[letter.charCodeAt(0)] = value));
  return values;
};

const SEXTET = charTable('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
SEXTET['-'.charCodeAt(0)] = 62;
SEXTET['_'.charCodeAt(0)] = 63;
const NIBBLE = charTable('0123456789abcdef');
[...'ABCDEF'].forEach((letter, n) => (NIBBLE[letter.charCodeAt(0)] = 10 + n));
const IN_KEYS = table((code) => /[\w.-]/.test(String.fromCharCode(code)));
const VISIBLE = table((code) => code > 32 && code < 127);
const MAY_ESCAPE = table((code) => '%\\&'.includes(String.fromCharCode(code)));
const ESCAPES =
  /%(?:25)*([0-9a-fA-F]{2})|\\+u\{?([0-9a-fA-F]{4})\}?|\\+x([0-9a-fA-F]{2})|\\+([nrtbf])|\\+(["'/])|&#x([0-9a-fA-F]{1,6});|&#(\d{1,7});/g;

/** All readings of the bytes in which a secret may hide. Each takes one pass, so the whole is linear. */
export function* viewsOf(raw: Uint8Array): Generator<ByteView> {
  yield { form: 'as it is', bytes: raw };
  const plain = holdsAny(raw, MAY_ESCAPE) ? unescaped(raw) : raw;
  if (plain !== raw) yield { form: 'behind escapes', bytes: plain };
  yield { form: 'in pieces', bytes: kept(plain, IN_KEYS) };
  const lineless = withoutBreaks(plain);
  for (const [from, to] of runs(lineless, SEXTET, SHORTEST_BASE64)) {
    for (let phase = 0; phase < 4; phase += 1) {
      yield { form: 'in base64', bytes: base64(lineless, from + phase, to) };
    }
  }
  const visible = kept(plain, VISIBLE);
  for (const [from, to] of runs(visible, NIBBLE, SHORTEST_HEX)) {
    for (let phase = 0; phase < 2; phase += 1) yield { form: 'in hex', bytes: hex(visible, from + phase, to) };
  }
  for (const bytes of lists(plain)) yield { form: 'as a list of bytes', bytes };
}

function holdsAny(bytes: Uint8Array, these: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += 1) if (these[bytes[at]!] === 1) return true;
  return false;
}

function unescaped(raw: Uint8Array): Uint8Array {
  const text = Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString('latin1');
  const plain = text.replace(ESCAPES, (...[, percent, unicode, byte, space, sign, hexCode, decimal]: string[]) => {
    if (sign !== undefined) return sign;
    if (space !== undefined) return ' ';
    const code = percent ?? unicode ?? byte ?? hexCode;
    return String.fromCharCode((code === undefined ? Number(decimal) : parseInt(code, 16)) & 0xff);
  });
  return Buffer.from(plain, 'latin1');
}

function kept(bytes: Uint8Array, these: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1) if (these[bytes[at]!] === 1) result[length++] = bytes[at]!;
  return result.subarray(0, length);
}

/** The bytes without line breaks, the blanks after them, and non-ASCII bytes. */
function withoutBreaks(bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length);
  let length = 0;
  let begins = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    if (byte === 10 || byte === 13) begins = true;
    else if (VISIBLE[byte] === 1 || (byte === 32 && !begins)) {
      begins = false;
      result[length++] = byte;
    }
  }
  return result.subarray(0, length);
}

function* runs(bytes: Uint8Array, values: Int16Array, shortest: number): Generator<[from: number, to: number]> {
  let from = 0;
  for (let at = 0; at <= bytes.length; at += 1) {
    if (at < bytes.length && values[bytes[at]!]! >= 0) continue;
    if (at - from >= shortest) yield [from, at];
    from = at + 1;
  }
}

function base64(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const result = new Uint8Array(((to - from) * 3) >> 2);
  let bits = 0;
  let held = 0;
  let length = 0;
  for (let at = from; at < to; at += 1) {
    bits = (bits << 6) | SEXTET[bytes[at]!]!;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    result[length++] = (bits >> held) & 0xff;
  }
  return result.subarray(0, length);
}

function hex(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const result = new Uint8Array((to - from) >> 1);
  for (let n = 0; n < result.length; n += 1)
    result[n] = (NIBBLE[bytes[from + n * 2]!]! << 4) | NIBBLE[bytes[from + n * 2 + 1]!]!;
  return result;
}

const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57;
const isBetween = (byte: number): boolean => byte === 44 || byte === 32 || byte === 10 || byte === 13;

/** Reads lists of numbers (`115, 107, 45, …`), as a Buffer appears in JSON. */
function* lists(bytes: Uint8Array): Generator<Uint8Array> {
  let from = 0;
  let separated = false;
  for (let at = 0; at <= bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (isDigit(byte)) continue;
    if (isBetween(byte)) {
      separated = true;
      continue;
    }
    if (separated && at - from >= SHORTEST_LIST * 3) yield* numbersIn(bytes.subarray(from, at));
    from = at + 1;
    separated = false;
  }
}

function* numbersIn(list: Uint8Array): Generator<Uint8Array> {
  const numbers = Buffer.from(list).toString('latin1').match(/\d+/g) ?? [];
  if (numbers.length >= SHORTEST_LIST) yield Uint8Array.from(numbers, (each) => Number(each) & 0xff);
}
