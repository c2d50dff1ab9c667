import { followAbort, unfollowAbort } from '../../common/abort-followers';
import { MOST_BODY_CHARACTERS } from './body-text';

export type BodyReader = ReadableStreamDefaultReader<Uint8Array>;
type Chunk = Awaited<ReturnType<BodyReader['read']>>;

export interface BodyLimits {
  /** Ends the reading of the body; what was read until then is the evidence. */
  readonly signal?: AbortSignal;
  /** The longest the body is read, in milliseconds. Default 2,000. */
  readonly bodyTimeLimitMs?: number;
}

/** A body as far as it was read. */
export interface BodyBeginning {
  readonly text: string;
  readonly chunks: readonly Uint8Array[];
  /** The read that was under way when the time was over: what it brings comes next. */
  readonly next?: Promise<Chunk>;
  /** There is no more. */
  readonly whole: boolean;
}

const DEFAULT_TIME_LIMIT_MS = 2_000;

/** Reads some 64 kB. A body that stalls or breaks counts as far as it was read. Never rejects. */
export async function beginningOf(reader: BodyReader, { signal, bodyTimeLimitMs }: BodyLimits): Promise<BodyBeginning> {
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
export function continued({ chunks, next, whole }: BodyBeginning, reader: BodyReader): ReadableStream<Uint8Array> {
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
