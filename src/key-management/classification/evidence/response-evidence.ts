import { followAbort, unfollowAbort } from '../../common/abort-followers';
import { BodySource, type ByteStream } from '../../common/body-source';
import { cancelBody } from '../../common/cancel-response-body';
import { evidenceOf, type EvidenceContext } from './answer-evidence';
import { MOST_BODY_CHARACTERS, WITHOUT_BODY, parseBody } from './body-tree';
import type { VendorError } from './vendor-error';

export interface ResponseContext extends EvidenceContext, BodyLimits {}

/**
 * The evidence in a fetch `Response` that somebody else holds. Reads at most 64 kB of a clone, so that the body can still be read. A body that
 * is used up, stalls or breaks counts as far as it was read. The rest of a longer body is cancelled, since it would hold a connection.
 * Never rejects.
 */
export async function vendorErrorFromResponse(response: Response, context: ResponseContext = {}): Promise<VendorError> {
  let body = WITHOUT_BODY;
  if (isReadable(response, context)) {
    const source = new BodySource(response.clone().body!);
    const { text, whole } = await beginningOf(source, context);
    body = parseBody(text);
    // Both, since half a clone that meets an abort is a rejection that nobody can catch.
    if (!whole) {
      source.cancel();
      cancelBody(response.body);
    }
  }
  return evidenceOf({ status: response.status, headers: response.headers, body }, context);
}

/** Evidence, with the body it was in for another to read. */
export type TakenEvidence = { readonly evidence: VendorError } & (
  | { readonly body: ByteStream | null; readonly text?: undefined }
  /** The whole body, where it is no longer than what was read. */
  | { readonly body: ReadableStream<Uint8Array>; readonly text: string }
);

/** What of a response it takes. */
export type EvidentResponse = Pick<Response, 'status' | 'headers'> & { readonly body: ByteStream | null };

/** As `vendorErrorFromResponse`, for a response that is the package's own: returns the whole body for whoever reads it next. */
export async function takeEvidence(response: EvidentResponse, context: ResponseContext): Promise<TakenEvidence> {
  const { status, headers } = response;
  if (!isReadable(response, context))
    return { evidence: evidenceOf({ status, headers, body: WITHOUT_BODY }, context), body: response.body };
  const source = new BodySource(response.body!);
  const { text, chunks, whole } = await beginningOf(source, context);
  source.giveBack(chunks);
  const evidence = evidenceOf({ status, headers, body: parseBody(text) }, context);
  const body = streamOf(source);
  return whole ? { evidence, body, text } : { evidence, body };
}

const isReadable = (
  { bodyUsed, body }: { readonly bodyUsed?: boolean; readonly body: Pick<ByteStream, 'locked'> | null },
  { signal }: ResponseContext,
): boolean => !bodyUsed && body !== null && !body.locked && !signal?.aborted;

interface BodyLimits {
  /** Ends the reading of the body; what was read until then is the evidence. */
  readonly signal?: AbortSignal;
  /** The longest the body is read, in milliseconds. Default 2,000. */
  readonly bodyTimeLimitMs?: number;
}

/** A body as far as it was read. */
interface BodyBeginning {
  readonly text: string;
  readonly chunks: Uint8Array[];
  /** There is no more. */
  readonly whole: boolean;
}

const DEFAULT_TIME_LIMIT_MS = 2_000;

/** Reads some 64 kB. A body that stalls or breaks counts as far as it was read. Never rejects. */
async function beginningOf(source: BodySource, { signal, bodyTimeLimitMs }: BodyLimits): Promise<BodyBeginning> {
  let stop = (): void => undefined;
  const stopped = new Promise<undefined>((resolve) => {
    stop = () => {
      resolve(undefined);
    };
  });
  const timer = setTimeout(stop, bodyTimeLimitMs ?? DEFAULT_TIME_LIMIT_MS);
  const follower = { aborted: stop };
  if (signal) followAbort(signal, follower);
  const decoder = new TextDecoder();
  const chunks: Uint8Array[] = [];
  let text = '';
  let whole = false;
  try {
    while (text.length < MOST_BODY_CHARACTERS) {
      // A read that is under way when the time is over is left to whoever reads on.
      const chunk = await Promise.race([source.peek(), stopped]);
      if (chunk === undefined) break;
      whole = chunk.done;
      if (chunk.done) break;
      source.take();
      chunks.push(chunk.value);
      text += decoder.decode(chunk.value, { stream: true });
    }
  } catch {
    // A body that breaks off: its beginning is evidence all the same.
  } finally {
    clearTimeout(timer);
    if (signal) unfollowAbort(signal, follower);
  }
  return { text, chunks, whole };
}

/** The body from its beginning on, for one who reads it now: unchanged, no faster than it is read. */
function streamOf(source: BodySource): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await source.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => {
        source.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
