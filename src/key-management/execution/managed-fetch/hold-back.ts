import { StreamGate, type GateState } from './stream-gate';
import type { SseEvent } from './sse-events';

export type ChunkReader = ReadableStreamDefaultReader<Uint8Array>;
type Chunk = Awaited<ReturnType<ChunkReader['read']>>;

/** An event stream up to its first content. */
export interface HeldStream {
  /** What was read, to be passed on or thrown away. */
  readonly held: Uint8Array[];
  /** Nothing comes after what is held. */
  readonly ended: boolean;
  readonly failure?: StreamFailure;
}

export type StreamFailure =
  | { readonly kind: 'event'; readonly event: SseEvent }
  /** The stream broke off. */
  | { readonly kind: 'broken'; readonly error: unknown }
  /** The stream ended properly, with nothing in it. */
  | { readonly kind: 'empty' };

/** Reads until content, an error or the end comes. Never rejects. */
export async function holdBack(read: () => Promise<Chunk>): Promise<HeldStream> {
  const gate = new StreamGate();
  const held: Uint8Array[] = [];
  for (;;) {
    let chunk: Chunk;
    try {
      chunk = await read();
    } catch (error) {
      return { held, ended: true, failure: { kind: 'broken', error } };
    }
    if (chunk.value) held.push(chunk.value);
    const state: GateState = chunk.done ? gate.end() : gate.push(chunk.value);
    if (state.state === 'open') return { held, ended: chunk.done };
    if (state.state === 'failed') return { held, ended: chunk.done, failure: { kind: 'event', event: state.event } };
    if (chunk.done) return { held, ended: true, failure: { kind: 'empty' } };
  }
}

/** What was held back, and after it whatever else comes: unchanged, no faster than it is read. */
export function replayed({ held, ended, failure }: HeldStream, reader: ChunkReader): ReadableStream<Uint8Array> {
  const chunks = [...held];
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = chunks.shift();
        if (chunk) return controller.enqueue(chunk);
        if (failure?.kind === 'broken') return controller.error(failure.error);
        if (ended) return controller.close();
        const next = await reader.read();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
