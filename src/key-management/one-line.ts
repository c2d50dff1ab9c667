import { cutText } from './bounded-text';

// C0 and C1 controls, line separators, and the marks that turn or hide text: all would forge or garble log lines.
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

/** A text of others as one line that a log or a terminal can be given, of at most `maxLength` characters. */
export function oneLine(text: string, maxLength = Infinity): string {
  const flat = text.replace(CONTROLS, ' ').trim();
  return flat.length <= maxLength ? flat : `${cutText(flat, Math.max(0, maxLength - 1))}…`;
}
