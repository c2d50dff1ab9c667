import type { Situation, StreamErrorKind } from '../behaviour';
import type { Reading, Refusal } from '../limits/limiter';
import type { ObjectsVoice } from './objects';
import type { Answer, Call, Endpoint, Headers, Said, StreamScript } from './call';

export type MakeAnswer = (call: Call) => Answer;

/** Bodies per situation and variant; the first variant of a situation is its usual one. */
export type ErrorCatalogue = Readonly<Record<Situation, Readonly<Record<string, MakeAnswer>>>>;

/** How a vendor speaks about its rate limits. */
export interface LimitVoice {
  /** On an answer that was let through. `readings` is empty for a key without a scripted limit. */
  headers(readings: readonly Reading[], now: number): Headers;
  refusal(refusal: Refusal, call: Call): Answer;
}

/** Everything that makes one vendor that vendor. Stateless. */
export interface VendorProfile {
  readonly name: string;
  /** Headers a key is taken from, in order; any other credential is only recorded. */
  readonly keyHeaders: readonly string[];
  readonly models: readonly string[];
  readonly maxBodyBytes: number;
  readonly errors: ErrorCatalogue;
  /** What the vendor usually means by a status. */
  readonly statuses: Readonly<Record<number, readonly [Situation, string?]>>;
  readonly limits: LimitVoice;

  requestId(n: number): string;
  /** Headers on every answer of the vendor, and those only its successes carry besides. */
  everyHeader(requestId: string): Headers;
  successHeaders(requestId: string): Headers;
  route(method: string, path: string): Endpoint | undefined;
  unknownPath(method: string, path: string, requestId: string): Answer;
  tooLarge(requestId: string): Answer;
  unparseable(requestId: string): Answer;
  missingKey(call: Call): Answer;
  /** What is refused whatever the key is, for example a missing version header. */
  gate?(call: Call): Answer | undefined;
  /** What is the caller's fault once the key is accepted. */
  validate(call: Call): Answer | undefined;
  /** The model's and the caller's cap on output tokens. */
  outputCap(call: Call): number | undefined;

  /** Files, batches and their like; without it the vendor has none. */
  readonly objects?: ObjectsVoice;

  success(call: Call, said: Said): Answer;
  stream(call: Call, said: Said): StreamScript;
  streamHeaders(call: Call): Headers;
  streamError(event: StreamErrorKind, call: Call, form: 'flat' | undefined): string;
}
