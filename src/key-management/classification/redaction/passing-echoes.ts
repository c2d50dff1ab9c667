import type { Span } from './secret-spans';

/** Shorter secrets are words, and to mask words destroys answers. */
const SHORTEST = 8;
/** After so many characters of a secret (few words end with them), blanks between them are how its lines are broken (base64 in MIME). */
const LEAST_BROKEN = 3;
const MOST_BLANKS = 64;

/** What stands for a character: `%41`, also encoded more than once, `\u0041`, `\x41`, `\"`, `&#65;`, `&#x41;`; each with any backslashes. */
const ESCAPE =
  /%(?:25){0,8}([0-9a-f]{2})|\\{1,16}(?:u([0-9a-f]{4})|x([0-9a-f]{2})|([/"'nrt])?)|&#(?:x([0-9a-f]{1,6})|(\d{1,7}));/iy;
/** The beginning of one, at the end of a text. */
const CUT_ESCAPE =
  /(?:%(?:25){0,8}[0-9a-f]?|\\{1,16}(?:u[0-9a-f]{0,3}|x[0-9a-f]?)?|&(?:#(?:x[0-9a-f]{0,6}|\d{0,7})?)?)$/iy;
const [PERCENT, BACKSLASH, AMPERSAND, BLANK] = [0x25, 0x5c, 0x26, 0x20];
const isEscape = (code: number): boolean => code === PERCENT || code === BACKSLASH || code === AMPERSAND;

/** The text ends before it can be told. */
const CUT = -1;
const NONE = 0;

/** A character as its reader sees it, in lower case: `code * 256 + length`, the number of characters that stand for it; or CUT. */
function symbolAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (!isEscape(code)) return lower(code) * 256 + 1;
  CUT_ESCAPE.lastIndex = at;
  if (CUT_ESCAPE.test(text)) return CUT;
  ESCAPE.lastIndex = at;
  const match = ESCAPE.exec(text);
  if (!match) return code * 256 + 1;
  const [{ length }, percent, unicode, byte, plain, hex, decimal] = match;
  const digits = percent ?? unicode ?? byte ?? hex;
  if (digits !== undefined) return lower(parseInt(digits, 16)) * 256 + length;
  if (decimal !== undefined) return lower(Number(decimal)) * 256 + length;
  if (plain === undefined) return code * 256 + length;
  return (/[nrt]/i.test(plain) ? BLANK : plain.charCodeAt(0)) * 256 + length;
}

const lower = (code: number): number => (code >= 0x41 && code <= 0x5a ? code + 0x20 : code);

/** Where the spelling that begins at this place ends, exclusive; NONE where none does. */
function endOf(spelling: string, text: string, from: number): number {
  let at = from;
  let blanks = 0;
  for (let n = 0; n < spelling.length;) {
    if (at >= text.length) return CUT;
    const symbol = symbolAt(text, at);
    if (symbol === CUT) return CUT;
    const code = symbol >>> 8;
    if (code === spelling.charCodeAt(n)) n += 1;
    else if (n < LEAST_BROKEN || code > BLANK || (blanks += 1) > MOST_BLANKS) return NONE;
    at += symbol & 0xff;
  }
  return at;
}

/** The secret as is, and in base64 or hex, with whatever stands before it. Escapes and case are seen through by whoever looks. */
export function spellingsOf(secret: string): readonly string[] {
  const texts = new Set([seen(secret), Buffer.from(secret).toString('hex')]);
  for (let shift = 0; shift < 3; shift += 1) {
    const whole = Buffer.from('\0'.repeat(shift) + secret).toString('base64');
    // Without what is shared with the characters before and after.
    const own = whole
      .slice(shift === 0 ? 0 : shift + 1)
      .replace(/.?={1,2}$/, '')
      .toLowerCase();
    texts.add(own).add(own.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return [...texts].filter(({ length }) => length >= SHORTEST);
}

function seen(text: string): string {
  let clear = '';
  const followed = `${text} `;
  for (let at = 0; at < text.length;) {
    const symbol = symbolAt(followed, at);
    clear += String.fromCharCode(symbol >>> 8);
    at += symbol & 0xff;
  }
  return clear;
}

/** A whole secret in a text that passes by. */
export interface Echo extends Span {
  /** Which of the secrets it is. */
  readonly secret: number;
}

/** What was found in a piece of text, and where it ends in what may be the beginning of a secret; its length where it does not. */
export interface FoundEchoes {
  readonly echoes: readonly Echo[];
  readonly end: number;
}

/** An escape that may stand for a character of a secret, or the beginning of one at the end of the text. */
const MAY_BE_ESCAPE = String.raw`%(?:25){0,8}(?:[2-7]|$)|\\{1,16}(?:[ux/]|$)|&(?:#|$)`;

/** Finds secrets in text that comes in pieces, in every spelling. One pass: natively to where one may begin, and from there by character. */
export class EchoSearch {
  readonly #spellings: (readonly [spelling: string, secret: number])[];
  /** The beginning of any spelling, or an escape, which may be within the beginning of one. */
  readonly #candidate: RegExp;

  /** @param secrets The spellings of each. */
  constructor(secrets: readonly (readonly string[])[]) {
    this.#spellings = secrets.flatMap((spellings, secret) => spellings.map((spelling) => [spelling, secret] as const));
    const heads = new Set(this.#spellings.map(([spelling]) => spelling.slice(0, LEAST_BROKEN)));
    const literals = Array.from(heads, (head) => head.replace(/[^\w]/g, String.raw`\$&`));
    // eslint-disable-next-line no-restricted-syntax -- a list of literals, and a constant without nested repetition
    this.#candidate = new RegExp([...literals, MAY_BE_ESCAPE].join('|'), 'gi');
  }

  /** @param isLast No more comes: what is cut off is no secret. */
  find(text: string, isLast: boolean): FoundEchoes {
    const echoes: Echo[] = [];
    for (let at = this.#next(text, 0); at < text.length;) {
      const echo = this.#echoAt(text, at, isLast);
      if (echo === CUT) return { echoes, end: at };
      if (echo) echoes.push(echo);
      at = this.#next(text, echo ? echo.to : at + 1);
    }
    return { echoes, end: text.length };
  }

  /** The next place where a secret may begin. */
  #next(text: string, from: number): number {
    this.#candidate.lastIndex = from;
    const match = this.#candidate.exec(text);
    // The end of the text is shorter than what is looked for.
    const tail = Math.max(from, text.length - LEAST_BROKEN + 1);
    if (!match) return tail;
    const isEscaped = isEscape(match[0].charCodeAt(0));
    return Math.min(tail, isEscaped ? Math.max(from, match.index - LEAST_BROKEN + 1) : match.index);
  }

  /** The longest, since one secret may be the beginning of another. */
  #echoAt(text: string, from: number, isLast: boolean): Echo | typeof CUT | undefined {
    const symbol = symbolAt(text, from);
    if (symbol === CUT) return isLast ? undefined : CUT;
    let echo: Echo | undefined;
    for (const [spelling, secret] of this.#spellings) {
      if (spelling.charCodeAt(0) !== symbol >>> 8) continue;
      const to = endOf(spelling, text, from);
      if (to === CUT && !isLast) return CUT;
      if (to > (echo?.to ?? from)) echo = { from, to, secret };
    }
    return echo;
  }
}
