import { isObject } from '../classification/evidence/safe-read';
import { flatCopy, parseJson } from '../common/text';
import type { Usage } from './usage';
import type { UsageReader } from './usage-reader';

/** Vendors state usage within this much of a stream's beginning (Anthropic's input tokens), and of its end. Bytes. */
const HEAD_LENGTH = 4_096;
const TAIL_LENGTH = 8_192;
/** What is kept until the middle is thrown away: then the next throwing away is that much later. Bytes. */
const KEPT_LENGTH = HEAD_LENGTH + 2 * TAIL_LENGTH;
const FIRST_LENGTH = 2_048;
/** A longer object is no usage. Characters. */
const LONGEST_USAGE = 2_048;
const LINE_FEED = 0x0a;

/** How a body that states usage is written: JSON in a text, or JSON in the frames of Amazon's event streams, partly in base64. */
export type UsageText = 'json' | 'frames';

/** What an answer states to have used, and the model that it names. */
export class UsedByAnswer {
  readonly #text: string;

  constructor(
    readonly usage: Usage | undefined,
    text: string,
  ) {
    this.#text = text;
  }

  /** Looked for when it is asked for: nearly all calls name their model themselves. */
  get model(): string | undefined {
    const model = ANSWERING_MODEL.exec(this.#text)?.[1];
    return model === undefined ? undefined : flatCopy(model);
  }
}

const ANSWERING_MODEL = /"model(?:Version)?"\s{0,4}:\s{0,4}"([^"\\]{1,256})"/;

/**
 * Finds the usage in a body that passes by. It copies the body's beginning and end, and looks at them when it is asked. A quote inside a text is
 * escaped in JSON, so that an answer which writes of usage states none.
 */
export class PassingUsage {
  #kept: Buffer | undefined;
  #length = 0;
  /** All that came. */
  #passed = 0;
  #isFirstKnown = false;

  /** @param onFirst Called with what a stream states at its beginning, once. */
  constructor(
    private readonly reader: UsageReader,
    private readonly text: UsageText,
    private readonly onFirst?: (usage: Usage) => void,
  ) {}

  push(chunk: Uint8Array): void {
    const before = this.#passed;
    this.#passed += chunk.byteLength;
    for (let at = 0; at < chunk.byteLength; at += TAIL_LENGTH) this.#keep(chunk.subarray(at, at + TAIL_LENGTH));
    if (this.onFirst && !this.#isFirstKnown && before < HEAD_LENGTH) this.#lookForFirst(this.onFirst);
  }

  /** What was stated so far: the last word counts, and what the beginning alone said. */
  found(): UsedByAnswer {
    return usageInText(this.#kept?.toString('latin1', 0, this.#length) ?? '', this.reader, this.text);
  }

  /** @param part No longer than the tail. */
  #keep(part: Uint8Array): void {
    if (this.#length + part.byteLength > KEPT_LENGTH) this.#dropMiddle();
    const needed = this.#length + part.byteLength;
    if (this.#kept === undefined || needed > this.#kept.length) {
      const grown = Buffer.allocUnsafe(Math.min(KEPT_LENGTH, Math.max(FIRST_LENGTH, 2 * needed)));
      this.#kept?.copy(grown, 0, 0, this.#length);
      this.#kept = grown;
    }
    this.#kept.set(part, this.#length);
    this.#length = needed;
  }

  #dropMiddle(): void {
    const kept = this.#kept!;
    kept.copyWithin(HEAD_LENGTH + 1, this.#length - TAIL_LENGTH + 1, this.#length);
    // Nothing is read across the gap.
    kept[HEAD_LENGTH] = LINE_FEED;
    this.#length = HEAD_LENGTH + TAIL_LENGTH;
  }

  #lookForFirst(onFirst: (usage: Usage) => void): void {
    const { usage } = this.found();
    if (!usage) return;
    this.#isFirstKnown = true;
    onFirst(usage);
  }
}

/** What a body that was read whole states. @param text Of the body, one unit for each byte. */
export function usageInBody(text: string, reader: UsageReader): UsedByAnswer {
  if (text.length <= KEPT_LENGTH) return usageInText(text, reader, 'json');
  return usageInText(`${text.slice(0, KEPT_LENGTH - TAIL_LENGTH)}\n${text.slice(-TAIL_LENGTH)}`, reader, 'json');
}

function usageInText(text: string, reader: UsageReader, kind: UsageText): UsedByAnswer {
  const said = kind === 'frames' ? `${text}\n${framedText(text)}` : text;
  const stated = statedIn(said, reader);
  return new UsedByAnswer(stated && reader.counts(stated), said);
}

/** The events of Amazon's streams of whole models, which carry the vendor's own in base64. */
const FRAMED = /"bytes"\s?:\s?"([\w+/=-]{8,65536})"/g;
const framedText = (text: string): string =>
  Array.from(text.matchAll(FRAMED), ([, bytes]) => Buffer.from(bytes!, 'base64').toString('latin1')).join('\n');

/** What the usages in the text that are whole say together: a later one says the last word, but not all that an earlier one did. */
function statedIn(text: string, { names, bareNames }: UsageReader): object | undefined {
  let found: Record<string, unknown> | undefined;
  for (const name of names) {
    for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
      const usage = objectAfter(text, at + name.length);
      if (usage !== undefined) found = cumulated(found, usage);
    }
  }
  if (found !== undefined || bareNames.length === 0) return found;
  const counts = bareNames.flatMap((name) => {
    const at = text.lastIndexOf(`"${name}"`);
    const digits = at < 0 ? undefined : BARE_COUNT.exec(text.slice(at + name.length + 2, at + name.length + 40));
    return digits ? [[name, Number(digits[1])] as const] : [];
  });
  return counts.length === 0 ? undefined : Object.fromEntries(counts);
}

const BARE_COUNT = /^\s{0,4}:\s{0,4}(\d{1,12})/;

/**
 * Usages of one stream are cumulative: of a count that is stated again the later holds, unless it is 0, with which some compatible vendors fill what they
 * said before.
 */
function cumulated(before: Record<string, unknown> | undefined, now: Record<string, unknown>): Record<string, unknown> {
  if (before === undefined) return now;
  const sum = { ...before };
  for (const [name, value] of Object.entries(now))
    if ((value !== 0 && value !== null) || sum[name] === undefined) sum[name] = value;
  return sum;
}

/** The object that follows a name; undefined where none does, or its end has not come. */
function objectAfter(text: string, from: number): Record<string, unknown> | undefined {
  let begin = from;
  while (begin < from + 9 && isBetween(text.charCodeAt(begin))) begin += 1;
  if (text.charCodeAt(begin) !== OPENING) return undefined;
  const until = Math.min(text.length, begin + LONGEST_USAGE);
  for (let at = begin, depth = 0; at < until; at += 1) {
    const code = text.charCodeAt(at);
    if (code === OPENING) depth += 1;
    else if (code === CLOSING && (depth -= 1) === 0) {
      const value: unknown = parseJson(text.slice(begin, at + 1));
      return isObject(value) ? (value as Record<string, unknown>) : undefined;
    }
  }
  return undefined;
}

const [OPENING, CLOSING, COLON] = [0x7b, 0x7d, 0x3a];

/** What may stand between a name and its object: a colon and blanks of JSON. */
const isBetween = (code: number): boolean =>
  code === COLON || code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
