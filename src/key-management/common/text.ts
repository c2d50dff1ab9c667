import { createHash } from 'node:crypto';

/** The beginning of a text, of at most so many UTF-16 units, and never half a character. */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const last = text.charCodeAt(maxLength - 1);
  const isCutWithinPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, isCutWithinPair ? maxLength - 1 : maxLength);
}

/** Hexadecimal digits that tell names apart that begin alike. */
const MARK_LENGTH = 8;
/** What a mark is made of; a name that is longer was made up. */
const MOST_MARKED = 4_096;

/**
 * A name made up by others as every store and protocol can hold it: well-formed, and of at most so many bytes of UTF-8. One that is
 * longer is cut at a character and ends in a mark, so that two names that begin alike stay two.
 */
export function boundedName(name: string, maxBytes: number): string {
  const whole = cutText(name, MOST_MARKED).toWellFormed();
  if (name.length <= maxBytes && Buffer.byteLength(whole) <= maxBytes) return whole;
  const mark = `~${createHash('sha256').update(whole).digest('hex').slice(0, MARK_LENGTH)}`;
  let beginning = cutText(whole, maxBytes - mark.length);
  while (Buffer.byteLength(beginning) > maxBytes - mark.length)
    beginning = cutText(beginning, Math.floor(beginning.length * 0.9));
  return beginning + mark;
}

// C0 and C1 controls, line separators, and the marks that turn or hide text: all would forge or garble log lines.
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

/** A text of others as one line that a log or a terminal can be given, of at most `maxLength` characters. */
export function singleLine(text: string, maxLength = Infinity): string {
  const flat = text.replace(CONTROLS, ' ').trim();
  return flat.length <= maxLength ? flat : `${cutText(flat, Math.max(0, maxLength - 1))}…`;
}

/** One text of its own: what `slice` and `+` give holds on to the texts that it came from. */
export const flattenString = (...parts: readonly string[]): string => parts.join('');

/** The same text without what it was cut from. */
export const flatCopy = (text: string): string => flattenString(text.slice(0, 1), text.slice(1));

/** The value of a JSON text; undefined where the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
