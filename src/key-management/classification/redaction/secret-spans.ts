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
/** A secret beyond this, as a signed token, has more blocks than are worth a search through the text each. Characters. */
const LONG_SECRET = 512;

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
    const forms = secret.length > LONG_SECRET ? longForms(secret) : formsOf(secret);
    forms.plain().findIn(seen.text, plain);
    if (mayBeHex) forms.hex().findIn(seen.text, encoded);
    if (!mayBeBase64) continue;
    for (const form of forms.base64()) form.findIn(seen.text, encoded);
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

/** One way to write a secret down, to be looked for in texts. */
interface Form {
  /** Adds every run of so many characters, or more, that the text and the form have in common. */
  findIn(text: string, spans: Span[]): void;
}

/** A secret in all forms, each made when it is first looked for. */
interface Forms {
  readonly plain: () => Form;
  readonly hex: () => Form;
  readonly base64: () => readonly Form[];
}

type FormOf = new (form: string, shortest: number) => Form;

const formsOf = (secret: string, kind: FormOf = ShortForm): Forms => ({
  plain: () => new kind(legible(secret).text, SHORTEST_ECHO),
  hex: () => new kind(Buffer.from(secret).toString('hex'), SHORTEST_HEX_ECHO),
  base64: () => Array.from(base64Of(secret), (form) => new kind(form, SHORTEST_BASE64_ECHO)),
});

/** The forms of the long secret that was looked for last: a failed answer has many texts, and all are searched for the same one. */
let latest: { readonly secret: string; readonly forms: Forms } | undefined;

function longForms(secret: string): Forms {
  if (latest?.secret === secret) return latest.forms;
  const { plain, hex, base64 } = formsOf(secret, LongForm);
  latest = { secret, forms: { plain: once(plain), hex: once(hex), base64: once(base64) } };
  return latest.forms;
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/**
 * The length of the blocks that a form is cut into, back to back. Whatever a run begins with, it holds one of them whole, so that blocks alone are looked for.
 */
const blockLength = (form: string, shortest: number): number =>
  form.length < shortest ? form.length : Math.min(shortest, form.length) >> 1;

/** A few native searches, one for each block, find it. */
class ShortForm implements Form {
  constructor(
    private readonly form: string,
    private readonly shortest: number,
  ) {}

  findIn(text: string, spans: Span[]): void {
    const { form, shortest } = this;
    if (form.length < SHORTEST_SECRET) return;
    const least = Math.min(shortest, form.length);
    const size = blockLength(form, shortest);
    const looked = new Set<string>();
    for (let offset = 0; offset + size <= form.length; offset += size) {
      const block = form.slice(offset, offset + size);
      if (looked.has(block)) continue;
      looked.add(block);
      for (let at = text.indexOf(block); at >= 0 && spans.length < MOST_SPANS;) {
        const span = runAround(text, at, form, offset, size);
        const isFound = span.to - span.from >= least;
        if (isFound) spans.push(span);
        at = text.indexOf(block, isFound ? span.to : at + 1);
      }
    }
  }
}

/** Has thousands of blocks: one pass over the text looks each of its places up among them. */
class LongForm implements Form {
  readonly #size: number;
  readonly #offsets = new Map<string, number>();

  constructor(
    private readonly form: string,
    private readonly shortest: number,
  ) {
    this.#size = blockLength(form, shortest);
    for (let offset = 0; offset + this.#size <= form.length; offset += this.#size) {
      const block = form.slice(offset, offset + this.#size);
      if (!this.#offsets.has(block)) this.#offsets.set(block, offset);
    }
  }

  findIn(text: string, spans: Span[]): void {
    const size = this.#size;
    for (let at = 0; at + size <= text.length && spans.length < MOST_SPANS; at += 1) {
      const offset = this.#offsets.get(text.slice(at, at + size));
      if (offset === undefined) continue;
      const span = runAround(text, at, this.form, offset, size);
      if (span.to - span.from < this.shortest) continue;
      spans.push(span);
      // Another run may begin in the last block of this one.
      at = Math.max(at, span.to - size);
    }
  }
}

/** What text and form have in common around a block that both hold. */
function runAround(text: string, at: number, form: string, offset: number, size: number): Span {
  let left = 0;
  while (left < offset && left < at && same(text, at - left - 1, form, offset - left - 1)) left++;
  let right = size;
  while (offset + right < form.length && same(text, at + right, form, offset + right)) right++;
  return { from: at - left, to: at + right };
}

const same = (text: string, at: number, form: string, inForm: number): boolean =>
  text.charCodeAt(at) === form.charCodeAt(inForm);
