import { followAbort, unfollowAbort } from '../../common/abort-followers';
import { evidenceOf, type EvidenceContext } from './answer-evidence';
import { MOST_BODY_CHARACTERS, WITHOUT_BODY, parseBody } from './body-tree';
import type { VendorError } from './vendor-error';

export interface ResponseContext extends EvidenceContext, BodyLimits {}

/**
 * The evidence in a fetch `Response` that another has in hand. Reads at most 64 kB of a clone, so that the body can still be read; one that is
 * used up, stalls or breaks counts as far as it was read. Of what is longer the rest is let go: hardly anybody will read it, and
 * it holds a connection. Never rejects.
 */
export async function vendorErrorFromResponse(response: Response, context: ResponseContext = {}): Promise<VendorError> {
  let body = WITHOUT_BODY;
  if (isReadable(response, context)) {
    const reader = response.clone().body!.getReader();
    const { text, whole } = await beginningOf(reader, context);
    body = parseBody(text);
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
    return { evidence: evidenceOf({ status, headers, body: WITHOUT_BODY }, context), body: response.body };
  const reader = response.body!.getReader();
  const beginning = await beginningOf(reader, context);
  const evidence = evidenceOf({ status, headers, body: parseBody(beginning.text) }, context);
  return { evidence, body: continued(beginning, reader), text: beginning.whole ? beginning.text : undefined };
}

const isReadable = ({ bodyUsed, body }: Response, { signal }: ResponseContext): boolean =>
  !bodyUsed && body !== null && !body.locked && !signal?.aborted;

type BodyReader = ReadableStreamDefaultReader<Uint8Array>;
type Chunk = Awaited<ReturnType<BodyReader['read']>>;

interface BodyLimits {
  /** Ends the reading of the body; what was read until then is the evidence. */
  readonly signal?: AbortSignal;
  /** The longest the body is read, in milliseconds. Default 2,000. */
  readonly bodyTimeLimitMs?: number;
}

/** A body as far as it was read. */
interface BodyBeginning {
  readonly text: string;
  readonly chunks: readonly Uint8Array[];
  /** The read that was under way when the time was over: what it brings comes next. */
  readonly next?: Promise<Chunk>;
  /** There is no more. */
  readonly whole: boolean;
}

const DEFAULT_TIME_LIMIT_MS = 2_000;

/** Reads some 64 kB. A body that stalls or breaks counts as far as it was read. Never rejects. */
async function beginningOf(reader: BodyReader, { signal, bodyTimeLimitMs }: BodyLimits): Promise<BodyBeginning> {
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
  let next: Promise<Chunk> | undefined;
  let whole = false;
  try {
    while (text.length < MOST_BODY_CHARACTERS) {
      next = reader.read();
      const chunk = await Promise.race([next, stopped]);
      if (chunk === undefined) break;
      next = undefined;
      whole = chunk.done;
      if (chunk.done) break;
      chunks.push(chunk.value);
      text += decoder.decode(chunk.value, { stream: true });
    }
  } catch {
    // A body that breaks off: its beginning is evidence all the same.
  } finally {
    clearTimeout(timer);
    if (signal) unfollowAbort(signal, follower);
  }
  return { text, chunks, next, whole };
}

/** The body from its beginning on, for one who reads it now: unchanged, no faster than it is read. */
function continued({ chunks, next, whole }: BodyBeginning, reader: BodyReader): ReadableStream<Uint8Array> {
  const held = [...chunks];
  let awaited = next;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = held.shift();
        if (chunk) return controller.enqueue(chunk);
        if (whole) return controller.close();
        const reading = awaited ?? reader.read();
        awaited = undefined;
        const { done, value } = await reading;
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
