import { eventKind } from './event-kind';
import { SseEvents, type SseEvent } from './sse-events';

/** A preamble that grows beyond this is let through: what is held back is held in memory. Bytes. */
export const MOST_HELD_BYTES = 64 * 1024;

export type GateState =
  /** Nothing but preamble so far. */
  | { readonly state: 'held' }
  /** The same, but the vendor keeps the connection alive: the answer will take its time, and the caller should see that it is coming. */
  | { readonly state: 'waiting' }
  /** Content has come, or the id of a work in the background: from here on the stream belongs to the caller. */
  | { readonly state: 'open' }
  | { readonly state: 'failed'; readonly event: SseEvent };

const HELD: GateState = { state: 'held' };
const WAITING: GateState = { state: 'waiting' };
const OPEN: GateState = { state: 'open' };

/** Tells when the first content of an event stream has come, or an error before it. Pure but for what it has read. */
export class StreamGate {
  readonly #events = new SseEvents();
  #bytes = 0;
  #hasBegun = false;
  #waits = false;

  /** @param isBackground The request is for work in the background: the vendor's word that it has begun is an answer, not to be asked for twice. */
  constructor(private readonly isBackground = false) {}

  push(chunk: Uint8Array): GateState {
    this.#bytes += chunk.byteLength;
    const state = this.#stateAfter(this.#events.push(chunk));
    return state.state !== 'failed' && this.#bytes > MOST_HELD_BYTES ? OPEN : state;
  }

  /** The stream has ended: still `held` means that no content ever came. */
  end(): GateState {
    return this.#stateAfter(this.#events.end());
  }

  #stateAfter(events: readonly SseEvent[]): GateState {
    for (const event of events) {
      const kind = eventKind(event);
      if (kind === 'error') return { state: 'failed', event };
      if (kind === 'content' || (kind === 'begun' && this.isBackground)) return OPEN;
      // Anthropic's preamble has a ping of its own, the first one after its beginning.
      if (kind === 'ping') this.#waits ||= !this.#hasBegun;
      this.#hasBegun = kind !== 'ping';
    }
    this.#waits ||= this.#events.comments > 0;
    return this.#waits ? WAITING : HELD;
  }
}
