import { eventKind } from './event-kind';
import { SseEvents, type SseEvent } from './sse-events';

/** A preamble that grows beyond this is let through: what is held back is held in memory. Bytes. */
export const MOST_HELD_BYTES = 64 * 1024;

export type GateState =
  /** Nothing but preamble so far. */
  | { readonly state: 'held' }
  /** Content has come: from here on the stream belongs to the caller. */
  | { readonly state: 'open' }
  | { readonly state: 'failed'; readonly event: SseEvent };

const HELD: GateState = { state: 'held' };
const OPEN: GateState = { state: 'open' };

/** Tells when the first content of an event stream has come, or an error before it. Pure but for what it has read. */
export class StreamGate {
  readonly #events = new SseEvents();
  #bytes = 0;

  push(chunk: Uint8Array): GateState {
    this.#bytes += chunk.byteLength;
    const state = stateAfter(this.#events.push(chunk));
    return state === HELD && this.#bytes > MOST_HELD_BYTES ? OPEN : state;
  }

  /** The stream has ended: still `held` means that no content ever came. */
  end(): GateState {
    return stateAfter(this.#events.end());
  }
}

function stateAfter(events: readonly SseEvent[]): GateState {
  for (const event of events) {
    const kind = eventKind(event);
    if (kind === 'content') return OPEN;
    if (kind === 'error') return { state: 'failed', event };
  }
  return HELD;
}
