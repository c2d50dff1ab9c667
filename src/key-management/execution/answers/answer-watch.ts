import { isFailedAnswer, mayReportFailure } from '../../classification/evidence/body-facts';
import { jsonIn, MOST_BODY_CHARACTERS } from '../../classification/evidence/body-tree';
import { vendorErrorFromStreamEvent, type EvidenceContext } from '../../classification/evidence/error-evidence';
import type { VendorError } from '../../classification/evidence/vendor-error';
import { PassingUsage } from './token-usage';
import { ErrorWatch } from './error-watch';
import { JsonWatch } from './json-watch';

export type AnswerKind = 'events' | 'json' | 'other';

/** What an answer is, by what it says it is. */
export function kindOf(headers: Headers): AnswerKind {
  const type = headers.get('content-type') ?? '';
  if (/^text\/event-stream\b/i.test(type)) return 'events';
  return /^application\/(?:[\w.+-]{1,64}\+)?json\b/i.test(type) ? 'json' : 'other';
}

/** An answer whose length is told is with us at once where it is no longer than this. Bytes. */
const SHORT = 64 * 1024;

/** Whether the answer says that it is short. */
export function isShort(headers: Headers): boolean {
  const length = headers.get('content-length');
  return length !== null && Number(length) <= SHORT;
}

/** Whether a request with this method only asks for something that exists. */
export const onlyAsks = (method: string): boolean => /^(?:get|head)$/i.test(method);

export interface WatchTerms {
  readonly headers: Headers;
  readonly evidence: () => EvidenceContext;
  readonly countsTokens: boolean;
  /** The call asked only for something that exists. */
  readonly asked: boolean;
}

/** Looks at an answer as it passes: for a failure inside of it, and for the tokens that it took. Bounded, and copies next to nothing. */
export class AnswerWatch {
  readonly #search: ErrorWatch | JsonWatch;
  readonly #usage: PassingUsage | undefined;

  private constructor(
    kind: 'events' | 'json',
    private readonly terms: WatchTerms,
  ) {
    this.#search = kind === 'events' ? new ErrorWatch() : new JsonWatch(terms.asked);
    this.#usage = terms.countsTokens ? new PassingUsage() : undefined;
  }

  /** Undefined where nothing can be seen: in sound, pictures and other bytes. */
  static for(terms: WatchTerms): AnswerWatch | undefined {
    const kind = kindOf(terms.headers);
    return kind === 'other' ? undefined : new AnswerWatch(kind, terms);
  }

  get tokens(): number {
    return this.#usage?.tokens ?? 0;
  }

  /** The evidence, where this chunk completes an error. */
  push(chunk: Uint8Array): VendorError | undefined {
    this.#usage?.push(chunk);
    return this.#evidence(this.#search.push(chunk));
  }

  end(): VendorError | undefined {
    return this.#evidence(this.#search.end());
  }

  #evidence(error: string | undefined): VendorError | undefined {
    if (error === undefined) return undefined;
    return vendorErrorFromStreamEvent(error, this.terms.headers, { ...this.terms.evidence(), contentEmitted: true });
  }
}

/** The evidence in a whole JSON body that reports a failure; undefined for an answer. Bytes. */
export function failureIn(body: Buffer, { headers, evidence, asked }: WatchTerms): VendorError | undefined {
  // What is longer is an answer: an error is short.
  if (body.length > MOST_BODY_CHARACTERS || !mayReportFailure(body)) return undefined;
  const value = jsonIn(body.toString('utf8'));
  return isFailedAnswer(value, asked) ? vendorErrorFromStreamEvent(value, headers, evidence()) : undefined;
}
