import { isFailedAnswer, mayReportFailure } from '../../classification/evidence/body-facts';
import { fieldsOf, jsonIn, MOST_BODY_CHARACTERS } from '../../classification/evidence/body-tree';
import {
  isStreamError,
  vendorErrorFromStreamEvent,
  type EvidenceContext,
} from '../../classification/evidence/error-evidence';
import type { VendorError } from '../../classification/evidence/vendor-error';
import type { StreamBeginnings } from '../../vendors/contract/vendor';
import { PassingUsage, type UsageText, type UsedByAnswer } from '../../usage/passing-usage';
import type { Usage } from '../../usage/usage';
import type { UsageReader } from '../../usage/usage-reader';
import { PassingIds, type AnswerIds } from '../affinity/passing-ids';
import { StreamStart } from './stream-start';

/** A body is short where its stated length is no more, and the part of a long body that is kept to be looked at. Bytes. */
const SHORT_BYTES = 64 * 1024;
/** A line beyond this is no error event. Bytes. */
const MAX_LINE_BYTES = 64 * 1024;
/** Marks of an error event, and of a status of the call inside the body. */
const ERROR_MARKS = ['"error"', '"base_resp"'];
/** Lines that name the event of the lines after them an error. */
const ERROR_NAMES = ['event:error', 'event: error'];
const LINE_MARKS = [...ERROR_MARKS, ...ERROR_NAMES];
const LINE_FEED = 0x0a;
const OPENING_BRACKET = 0x5b;
const EMPTY = Buffer.alloc(0);

/** What kind of content an answer states to be. */
export type AnswerKind = 'events' | 'json' | 'other';

/** Reads the kind from the content type. */
export function kindOf(headers: Headers): AnswerKind {
  const type = headers.get('content-type') ?? '';
  if (/^text\/event-stream\b/i.test(type)) return 'events';
  return /^application\/(?:[\w.+-]{1,64}\+)?json\b/i.test(type) ? 'json' : 'other';
}

/** How an answer of this content type would state what it used; undefined for sound, pictures and other bytes. */
function usageTextOf(headers: Headers): UsageText | undefined {
  if (kindOf(headers) !== 'other') return 'json';
  const type = headers.get('content-type') ?? '';
  if (/^application\/vnd\.amazon\.eventstream\b/i.test(type)) return 'frames';
  return /^application\/(?:x-)?(?:ndjson|jsonl|json-lines|json-seq)\b/i.test(type) ? 'json' : undefined;
}

/** Whether the answer states a length of at most 64 kB: then all of it arrives at once. A stream of events is none: its end tells what it was. */
export function isShort(headers: Headers): boolean {
  const length = headers.get('content-length');
  return length !== null && Number(length) <= SHORT_BYTES && kindOf(headers) !== 'events';
}

/** Whether a request with this method only asks for something that exists. */
export const onlyAsks = (method: string): boolean => /^(?:get|head)$/i.test(method);

/** Who reads what an answer used. */
export interface UsageSeen {
  readonly reader: UsageReader;
  /** Called with the usage that the beginning of a stream states; undefined where nobody waits for it. */
  readonly onFirst: ((usage: Usage) => void) | undefined;
}

/** What an answer is watched for. */
export interface WatchTerms {
  readonly headers: Headers;
  readonly evidence: () => EvidenceContext;
  /** How the answer's usage is read; undefined where nobody looks for it. */
  readonly usage: UsageSeen | undefined;
  /** The call only asked for something that exists. */
  readonly asked: boolean;
  /**
   * The vendor's events before the first content, where the answer may still be asked for again: a failure before any content has emitted none.
   * Undefined: the caller has what came, and all that fails has emitted content.
   */
  readonly beginnings?: StreamBeginnings;
  /** Who is told of objects that the call made, and with which key; undefined where it makes none. */
  readonly ids?: { readonly of: AnswerIds; readonly keyId: string } | undefined;
}

/** Watches an answer as it passes: for a failure inside it, and for the tokens that it took. Its memory is bounded, and it copies next to nothing. */
export class AnswerWatch {
  readonly #search: ErrorWatch | JsonWatch | undefined;
  readonly #usage: PassingUsage | undefined;
  readonly #ids: PassingIds | undefined;
  /** Undefined once content has come. */
  #start: StreamStart | undefined;

  private constructor(
    kind: AnswerKind,
    private readonly terms: WatchTerms,
    usageText: UsageText,
  ) {
    if (kind !== 'other') this.#search = kind === 'events' ? new ErrorWatch() : new JsonWatch(terms.asked);
    this.#usage = terms.usage && new PassingUsage(terms.usage.reader, usageText, terms.usage.onFirst);
    if (kind === 'other') return;
    this.#ids = terms.ids && new PassingIds(terms.ids.of, kind === 'events', terms.ids.keyId);
    if (kind === 'events' && terms.beginnings) this.#start = new StreamStart(terms.beginnings);
  }

  /** Undefined where there is nothing to see: in sound, pictures and other bytes. */
  static for(terms: WatchTerms): AnswerWatch | undefined {
    const usageText = usageTextOf(terms.headers);
    return usageText && new AnswerWatch(kindOf(terms.headers), terms, usageText);
  }

  /** What the answer states to have used so far, and which model it names. */
  get used(): UsedByAnswer | undefined {
    return this.#usage?.found();
  }

  /** Returns the evidence where this chunk completes an error. */
  push(chunk: Uint8Array): VendorError | undefined {
    this.#usage?.push(chunk);
    this.#ids?.push(chunk);
    if (this.#start?.push(chunk).state === 'open') this.#start = undefined;
    return this.#evidence(this.#search?.push(chunk));
  }

  /** Returns the evidence where the body's end completes an error. */
  end(): VendorError | undefined {
    if (this.#start?.end().state === 'open') this.#start = undefined;
    return this.#evidence(this.#search?.end());
  }

  #evidence(error: string | undefined): VendorError | undefined {
    if (error === undefined) return undefined;
    const isFirst = this.#search instanceof JsonWatch ? this.#search.isErrorAlone : this.#start !== undefined;
    const contentEmitted = !(isFirst && this.terms.beginnings);
    return vendorErrorFromStreamEvent(error, this.terms.headers, { ...this.terms.evidence(), contentEmitted });
  }
}

/** What it takes to judge a whole body. */
export type FailureTerms = Pick<WatchTerms, 'headers' | 'evidence' | 'asked'>;

/** The evidence in a whole JSON body that reports a failure, as `mayReportFailure` has it; undefined for a good answer. */
export function failureIn(body: Buffer, { headers, evidence, asked }: FailureTerms): VendorError | undefined {
  // An error is short: what is longer is an answer.
  if (body.length > MOST_BODY_CHARACTERS) return undefined;
  const value = jsonIn(body.toString('utf8'));
  return isFailedAnswer(value, asked) ? vendorErrorFromStreamEvent(value, headers, evidence()) : undefined;
}

/**
 * Finds error events in a stream that passes by. It does not read the events, which would cost a parse of each: it searches each chunk for
 * the marks of an error, and parses only the lines that have one, or whose event is named an error.
 */
export class ErrorWatch {
  #rest: Buffer | undefined;
  #isSkipping = false;
  /** The lines so far named the event under way an error. */
  #isNamedError = false;

  /** Returns the data of the first error event that this chunk completes. */
  push(chunk: Uint8Array): string | undefined {
    const bytes = bytesOf(chunk);
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    if (end === 0) {
      this.#keep(bytes);
      return undefined;
    }
    const lines = this.#rest ? Buffer.concat([this.#rest, bytes.subarray(0, end)]) : bytes.subarray(0, end);
    // The rest of a line that is too long is no line of its own.
    const from = this.#isSkipping ? lines.indexOf(LINE_FEED) + 1 : 0;
    this.#rest = undefined;
    this.#isSkipping = false;
    if (end < bytes.length) this.#keep(bytes.subarray(end));
    return this.#errorIn(lines, from);
  }

  /** Returns the error in the last line, which may have no line end. */
  end(): string | undefined {
    const rest = this.#rest;
    this.#rest = undefined;
    return rest && this.#errorIn(rest, 0);
  }

  #keep(bytes: Buffer): void {
    if (this.#isSkipping) return;
    const length = (this.#rest?.length ?? 0) + bytes.length;
    this.#isSkipping = length > MAX_LINE_BYTES;
    this.#rest = this.#isSkipping ? undefined : this.#rest ? Buffer.concat([this.#rest, bytes]) : bytes;
  }

  /** @param bytes Whole lines; at the end of the stream the last one may lack its end. */
  #errorIn(bytes: Buffer, from: number): string | undefined {
    if (!this.#isNamedError && !LINE_MARKS.some((mark) => bytes.includes(mark, from))) return undefined;
    const lines = bytes.toString('utf8', from).split(/\r\n|\n|\r/);
    // What follows the last line end is no line, and no empty one that ends an event.
    if (lines.at(-1) === '') lines.pop();
    for (const line of lines) {
      if (line === '') this.#isNamedError = false;
      else if (line.startsWith('event:')) this.#isNamedError = ERROR_NAMES.includes(line);
      else if (line.startsWith('data:')) {
        const data = line.slice('data:'.length);
        if (this.#isNamedError ? hasFields(data) : mayBeError(line) && isStreamError(data)) return data;
      }
    }
    return undefined;
  }
}

const hasFields = (data: string): boolean => Object.keys(fieldsOf(jsonIn(data))).length > 0;
const mayBeError = (line: string): boolean => ERROR_MARKS.some((mark) => line.includes(mark));

/**
 * Finds the failure that a JSON body reports: in the whole of a short body, or in the last item of a list that streams. It keeps the first 64 kB of the body, and of a list the last 64 kB.
 */
class JsonWatch {
  readonly #head: Uint8Array[] = [];
  #tail: Buffer = EMPTY;
  #length = 0;
  #isList: boolean | undefined;
  /** Whether the body is nothing but the error that its end completed. */
  isErrorAlone = false;

  constructor(private readonly asked: boolean) {}

  push(chunk: Uint8Array): undefined {
    const bytes = bytesOf(chunk);
    this.#isList ??= beginsList(bytes);
    if (this.#length < SHORT_BYTES) this.#head.push(bytes.subarray(0, SHORT_BYTES - this.#length));
    this.#length += bytes.length;
    if (!this.#isList || this.#length <= SHORT_BYTES) return;
    const tail = bytes.length >= SHORT_BYTES ? bytes : Buffer.concat([this.#tail, bytes]);
    this.#tail = tail.subarray(Math.max(0, tail.length - SHORT_BYTES));
  }

  end(): string | undefined {
    const isShortBody = this.#length <= SHORT_BYTES;
    const text = Buffer.concat(isShortBody ? this.#head : [this.#tail]).toString('utf8');
    if (!mayReportFailure(text)) return undefined;
    this.isErrorAlone = isShortBody && isFailedAnswer(jsonIn(text), this.asked);
    if (this.isErrorAlone) return text;
    return this.#isList ? lastErrorIn(text) : undefined;
  }
}

const bytesOf = (chunk: Uint8Array): Buffer => Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);

/** Whether the first byte that is not blank opens a list; undefined as long as there are only blanks. */
export function beginsList(bytes: Uint8Array): boolean | undefined {
  for (const byte of bytes) if (byte > 0x20) return byte === OPENING_BRACKET;
  return undefined;
}

/** The last item of the list, where it is an error: an error ends the answer. */
function lastErrorIn(text: string): string | undefined {
  const end = text.lastIndexOf(']');
  for (let at = text.lastIndexOf('{"error"'), tries = 0; at >= 0 && tries < 4; tries += 1) {
    const item = text.slice(at, end < at ? undefined : end);
    if (isFailedAnswer(jsonIn(item))) return item;
    at = at === 0 ? -1 : text.lastIndexOf('{"error"', at - 1);
  }
  return isFailedAnswer(jsonIn(text)) ? text : undefined;
}
