import { evidenceOf, type EvidenceContext } from './answer-evidence';
import { beginningOf, continued, type BodyLimits } from './bounded-body';
import type { VendorError } from './vendor-error';

export interface ResponseContext extends EvidenceContext, BodyLimits {}

/**
 * The evidence in a fetch `Response` that another has in hand. Reads at most 64 kB of a clone, so that the body can still be read; one that is
 * used up, stalls or breaks counts as far as it was read. Of what is longer the rest is let go: hardly anybody will read it, and
 * it holds a connection. Never rejects.
 */
export async function vendorErrorFromResponse(response: Response, context: ResponseContext = {}): Promise<VendorError> {
  let body: string | undefined;
  if (isReadable(response, context)) {
    const reader = response.clone().body!.getReader();
    const { text, whole } = await beginningOf(reader, context);
    body = text;
    // Both, since half a clone that meets an abort is a rejection that nobody can catch.
    if (!whole) for (const each of [reader, response.body]) void each?.cancel().catch(() => undefined);
  }
  return evidenceOf({ status: response.status, headers: response.headers, body }, context);
}

/** Evidence, with the body it was in for another to read. */
export interface TakenEvidence {
  readonly evidence: VendorError;
  readonly body: ReadableStream<Uint8Array> | null;
  /** The whole body, where it is no longer than what was read. */
  readonly text?: string;
}

/** As above, for a response that is ours: with it comes its body for another, all of it. */
export async function takeEvidence(response: Response, context: ResponseContext): Promise<TakenEvidence> {
  const { status, headers } = response;
  if (!isReadable(response, context))
    return { evidence: evidenceOf({ status, headers, body: undefined }, context), body: response.body };
  const reader = response.body!.getReader();
  const beginning = await beginningOf(reader, context);
  const evidence = evidenceOf({ status, headers, body: beginning.text }, context);
  return { evidence, body: continued(beginning, reader), text: beginning.whole ? beginning.text : undefined };
}

const isReadable = ({ bodyUsed, body }: Response, { signal }: ResponseContext): boolean =>
  !bodyUsed && body !== null && !body.locked && !signal?.aborted;
