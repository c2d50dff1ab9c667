import type { Clock } from '../../clock';
import type { BodySource, Chunk } from '../answers/body-source';
import { StreamGate, type GateState } from './stream-gate';
import type { SseEvent } from './sse-events';

/** An event stream up to its first content. */
export interface HeldStream {
  /** What was read, to be passed on or thrown away. */
  readonly held: Uint8Array[];
  readonly failure?: StreamFailure;
}

export type StreamFailure =
  | { readonly kind: 'event'; readonly event: SseEvent }
  /** The stream broke off. */
  | { readonly kind: 'broken'; readonly error: unknown }
  /** The stream ended properly, with nothing in it. */
  | { readonly kind: 'empty' };

/** A vendor that keeps the connection alive is given so long to fail after all. Milliseconds. */
const WAITING_MS = 250;

/** The time after which what is held goes to the caller. It may be set sooner, never later. */
export class Patience {
  readonly over: Promise<undefined>;
  #end!: () => void;
  #cancels: (() => void)[] = [];

  /** @param clock What time is told by. */
  constructor(private readonly clock: Clock) {
    this.over = new Promise((resolve) => {
      this.#end = () => {
        resolve(undefined);
      };
    });
  }

  /** @param ms Milliseconds from now; Infinity for never. */
  endIn(ms: number): void {
    if (ms < Infinity) this.#cancels.push(this.clock.after(Math.max(0, ms), this.#end, false));
  }

  cancel(): void {
    for (const cancel of this.#cancels) cancel();
  }
}

/**
 * Reads until content, an error or the end comes, or patience ends: then the read that is under way stays with the source. Never rejects.
 * @param read Looks at the next chunk, within the limits of the attempt.
 */
export async function holdBack(
  source: BodySource,
  read: () => Promise<Chunk>,
  patience: Patience,
  isBackground: boolean,
): Promise<HeldStream> {
  const gate = new StreamGate(isBackground);
  const held: Uint8Array[] = [];
  let waits = false;
  for (;;) {
    let chunk: Chunk | undefined;
    try {
      chunk = await Promise.race([read(), patience.over]);
    } catch (error) {
      return { held, failure: { kind: 'broken', error } };
    }
    if (!chunk) return { held };
    if (!chunk.done) source.take();
    if (chunk.value) held.push(chunk.value);
    const state: GateState = chunk.done ? gate.end() : gate.push(chunk.value);
    if (state.state === 'open') return { held };
    if (state.state === 'failed') return { held, failure: { kind: 'event', event: state.event } };
    if (chunk.done) return { held, failure: { kind: 'empty' } };
    if (state.state === 'waiting' && !waits) patience.endIn(WAITING_MS);
    waits = state.state === 'waiting';
  }
}
