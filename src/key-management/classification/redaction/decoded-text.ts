/** A text as its reader puts it together, and where each character of it stood. */
export interface LegibleText {
  readonly text: string;
  /** Where in the original the n-th character begins. */
  startOf(n: number): number;
  /** Where in the original the n-th character ends, exclusive. */
  endOf(n: number): number;
}

/** What stands for a character (`%41`, also encoded twice, `\u0041`, `\x41`, `\"`, `&#65;`, `&#x41;`) or for none (blanks, controls, marks). */
const ESCAPES =
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  /%(?:25)*([0-9a-f]{2})|\\{1,16}u([0-9a-f]{4})|\\{1,16}x([0-9a-f]{2})|\\([\\/"'])|&#x([0-9a-f]{1,6});|&#(\d{1,7});|[\s\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gi;

/** Escapes decoded, blanks and invisible marks left out, in lower case. */
export function legible(original: string): LegibleText {
  let text = '';
  /** Pairs: from that place in the legible text on, the original is so much ahead. */
  const places: number[] = [0];
  const aheads: number[] = [0];
  let done = 0;
  for (const match of original.matchAll(ESCAPES)) {
    text += original.slice(done, match.index) + characterOf(match);
    done = match.index + match[0].length;
    places.push(text.length);
    aheads.push(done - text.length);
  }
  text += original.slice(done);
  const startOf = (n: number): number => n + aheads[segmentOf(places, n)]!;
  return { text: lowerCase(text), startOf, endOf: (n) => startOf(n) + 1 };
}

/** In lower case, and of the same length: some letters beyond ASCII have a longer lower case. */
function lowerCase(text: string): string {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function characterOf([, percent, unicode, byte, plain, hex, decimal]: RegExpExecArray): string {
  if (plain !== undefined) return plain;
  const code = percent ?? unicode ?? byte ?? hex;
  const value = code === undefined ? Number(decimal ?? NaN) : parseInt(code, 16);
  // One unit of a string stands for it, whatever it is.
  return Number.isNaN(value) ? '' : String.fromCharCode(value);
}

/** The last segment that begins at or before the place. */
function segmentOf(places: readonly number[], place: number): number {
  let low = 0;
  let high = places.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (places[middle]! <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}
