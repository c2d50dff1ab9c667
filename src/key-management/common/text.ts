import { createHash } from 'node:crypto';

/** The beginning of a text, of at most `maxLength` UTF-16 units, and never half a character. */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const last = text.charCodeAt(maxLength - 1);
  const isCutWithinPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, isCutWithinPair ? maxLength - 1 : maxLength);
}

/** Hexadecimal digits of the mark that distinguishes names which begin alike. */
const MARK_LENGTH = 8;
/** The part of a name that its mark is made of: a longer name was made up. Characters. */
const MAX_MARKED_LENGTH = 4_096;

/**
 * Makes a name of others fit for every store and protocol: well-formed, and of at most `maxBytes` bytes of UTF-8. A longer name is cut
 * at a character and ends in a mark, so that two names that begin alike stay two.
 */
export function boundedName(name: string, maxBytes: number): string {
  const whole = cutText(name, MAX_MARKED_LENGTH).toWellFormed();
  if (name.length <= maxBytes && Buffer.byteLength(whole) <= maxBytes) return whole;
  const mark = `~${createHash('sha256').update(whole).digest('hex').slice(0, MARK_LENGTH)}`;
  let beginning = cutText(whole, maxBytes - mark.length);
  while (Buffer.byteLength(beginning) > maxBytes - mark.length)
    beginning = cutText(beginning, Math.floor(beginning.length * 0.9));
  return beginning + mark;
}

// C0 and C1 controls, line separators, and the marks that turn or hide text: each of them could forge or garble log lines.
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

/** Makes a text of others one line that is safe for a log or a terminal, of at most `maxLength` characters. */
export function singleLine(text: string, maxLength = Infinity): string {
  const flat = text.replace(CONTROLS, ' ').trim();
  return flat.length <= maxLength ? flat : `${cutText(flat, Math.max(0, maxLength - 1))}…`;
}

/** Joins the parts to a flat string: the result of `slice` and `+` keeps the strings that it came from in memory. */
export const flattenString = (...parts: readonly string[]): string => parts.join('');

/** Copies a text that was cut from a longer one, so that the longer one can be freed. */
export const flatCopy = (text: string): string => flattenString(text.slice(0, 1), text.slice(1));

/** The value of a JSON text; undefined where the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A percent-encoded text as it is meant; as it is written where that is no such text. */
export function decodedUri(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
