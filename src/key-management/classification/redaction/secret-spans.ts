import { legible } from './decoded-text';

/** A stretch of a text, `to` exclusive. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** So many characters of a secret in a row count as an echo, from wherever in it; fewer are how vendors mask. */
const SHORTEST_ECHO = 12;
/** The same in base64 and in hex. */
const SHORTEST_BASE64_ECHO = 16;
const SHORTEST_HEX_ECHO = 24;
/** Shorter "secrets" are words, and masking words destroys evidence. */
const SHORTEST_SECRET = 4;
const MOST_SPANS = 2_000;
const MOST_NEIGHBOURS = 64;

/** Without such a run there is no base64 (which is never without a capital) and no hex to look at. */
const MAY_BE_BASE64 = /(?=[\w+/-]{16})[a-z0-9_+/-]{0,15}[A-Z]/;
const MAY_BE_HEX = /[0-9a-f]{24}/i;
const ENCODED = /[\w+/=-]/;

/** Where a text holds one of the secrets, or a part of one, in any form in which software echoes it, in any case. */
export function secretSpans(text: string, secrets: readonly string[]): Span[] {
  const shortest = secrets.reduce((least, { length }) => Math.min(least, length), SHORTEST_ECHO);
  if (secrets.length === 0 || text.length < Math.max(shortest, SHORTEST_SECRET)) return [];
  const seen = legible(text);
  const mayBeBase64 = MAY_BE_BASE64.test(text);
  const mayBeHex = MAY_BE_HEX.test(text);
  const plain: Span[] = [];
  const encoded: Span[] = [];
  for (const secret of secrets) {
    if (secret.length < SHORTEST_SECRET) continue;
    findEchoes(seen.text, legible(secret).text, SHORTEST_ECHO, plain);
    if (mayBeHex) findEchoes(seen.text, Buffer.from(secret).toString('hex'), SHORTEST_HEX_ECHO, encoded);
    if (!mayBeBase64) continue;
    for (const form of base64Of(secret)) findEchoes(seen.text, form, SHORTEST_BASE64_ECHO, encoded);
  }
  const inText = ({ from, to }: Span): Span => ({ from: seen.startOf(from), to: seen.endOf(to - 1) });
  return [...plain.map(inText), ...encoded.map((span) => wholeWord(text, inText(span)))];
}

/** What is encoded together shares characters with its neighbours, so all of the word goes. */
function wholeWord(text: string, span: Span): Span {
  let { from, to } = span;
  while (from > 0 && span.from - from < MOST_NEIGHBOURS && ENCODED.test(text.charAt(from - 1))) from--;
  while (to < text.length && to - span.to < MOST_NEIGHBOURS && ENCODED.test(text.charAt(to))) to++;
  return { from, to };
}

/** Base64 depends on where the secret begins in its group of three bytes (`Basic user:key`). */
function base64Of(secret: string): ReadonlySet<string> {
  const forms = new Set<string>();
  for (let shift = 0; shift < 3; shift++) {
    const encoded = Buffer.from('\0'.repeat(shift) + secret).toString('base64');
    const inner = encoded.slice(shift === 0 ? 0 : shift + 1).replace(/={1,2}$/, '');
    const stable = inner.slice(0, inner.length - 1).toLowerCase();
    forms.add(stable);
    forms.add(stable.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return forms;
}

/** Every run of at least so many characters that the text and the form have in common. */
function findEchoes(text: string, form: string, shortest: number, spans: Span[]): void {
  if (form.length < SHORTEST_SECRET) return;
  const least = Math.min(shortest, form.length);
  // Whatever the run begins with, it holds one of these blocks whole: so a few native searches find it.
  const size = form.length < shortest ? form.length : least >> 1;
  const looked = new Set<string>();
  for (let offset = 0; offset + size <= form.length; offset += size) {
    const block = form.slice(offset, offset + size);
    if (looked.has(block)) continue;
    looked.add(block);
    for (let at = text.indexOf(block); at >= 0 && spans.length < MOST_SPANS;) {
      let left = 0;
      while (left < offset && left < at && same(text, at - left - 1, form, offset - left - 1)) left++;
      let right = size;
      while (offset + right < form.length && same(text, at + right, form, offset + right)) right++;
      const found = left + right >= least;
      if (found) spans.push({ from: at - left, to: at + right });
      at = text.indexOf(block, found ? at + right : at + 1);
    }
  }
}

const same = (text: string, at: number, form: string, inForm: number): boolean =>
  text.charCodeAt(at) === form.charCodeAt(inForm);
