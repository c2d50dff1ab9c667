import type { EventSourceMessage } from 'eventsource-parser';
import { hasErrorEnvelope, isBlank } from '../../classification/evidence/body-facts';
import { fieldsOf, isList, itemsOf, jsonIn, type Fields, type Tree } from '../../classification/evidence/body-tree';
import { isObject } from '../../classification/evidence/safe-read';
import type { StreamBeginnings } from '../../vendors/contract/vendor';
import { ServerSentEvents } from './server-sent-events';

/** A stream whose beginning grows beyond this counts as begun: what is held back is held in memory. Bytes. */
const MAX_HELD_BYTES = 64 * 1024;

export type StreamStartState =
  /** Nothing but preamble so far. */
  | { readonly state: 'held' }
  /** The same, but the vendor keeps the connection alive: the answer will take its time, and the caller should see that it is coming. */
  | { readonly state: 'waiting' }
  /** Content has come, or the id of a work in the background: from here on the stream belongs to the caller. */
  | { readonly state: 'open' }
  | { readonly state: 'failed'; readonly event: EventSourceMessage };

const HELD: StreamStartState = { state: 'held' };
const WAITING: StreamStartState = { state: 'waiting' };
const OPEN: StreamStartState = { state: 'open' };

/** Recognizes the first content of an event stream, or an error before it. */
export class StreamStart {
  readonly #events = new ServerSentEvents();
  #bytes = 0;
  #hasBegun = false;
  #isKeptAlive = false;

  /**
   * @param beginnings The vendor's events before the first content.
   * @param isBackground The request is for work in the background: that the vendor has begun it is an answer, not to be asked for twice.
   */
  constructor(
    private readonly beginnings: StreamBeginnings,
    private readonly isBackground = false,
  ) {}

  push(chunk: Uint8Array): StreamStartState {
    this.#bytes += chunk.byteLength;
    const state = this.#stateAfter(this.#events.push(chunk));
    return state.state !== 'failed' && this.#bytes > MAX_HELD_BYTES ? OPEN : state;
  }

  /** The stream has ended: still `held` means that no content ever came. */
  end(): StreamStartState {
    return this.#stateAfter(this.#events.end());
  }

  #stateAfter(events: readonly EventSourceMessage[]): StreamStartState {
    for (const event of events) {
      const kind = eventKind(event, this.beginnings);
      if (kind === 'error') return { state: 'failed', event };
      if (kind === 'content' || (kind === 'begun' && this.isBackground)) return OPEN;
      // A preamble may have a ping of its own, the first one after its beginning.
      if (kind === 'ping') this.#isKeptAlive ||= !this.#hasBegun;
      this.#hasBegun = kind !== 'ping';
    }
    this.#isKeptAlive ||= this.#events.comments > 0;
    return this.#isKeptAlive ? WAITING : HELD;
  }
}

/**
 * What an event of a stream is. `preamble`: it says only that an answer begins, so that a stream which breaks off there can be begun anew,
 * unseen. `begun`: the vendor has taken on a work under an id, which the answer will tell.
 */
export type EventKind = 'preamble' | 'ping' | 'begun' | 'content' | 'error';

/** Tells what an event of a vendor's stream is. What is not known as preamble is content: it is never held back. */
export function eventKind(
  { event, data }: Pick<EventSourceMessage, 'event' | 'data'>,
  { preamble, begun }: StreamBeginnings,
): EventKind {
  if (data === '') return event === 'ping' ? 'ping' : 'preamble';
  if (event === 'error') return 'error';
  const value = jsonIn(data);
  if (!isObject(value)) return 'content';
  if (hasErrorEnvelope(value)) return 'error';
  const fields = fieldsOf(value);
  const { type } = fields;
  if (type === 'ping') return 'ping';
  if (begun.has(type)) return 'begun';
  if (preamble.has(type)) return 'preamble';
  return isEmptyChat(fields) || isEmptyCandidate(fields) ? 'preamble' : 'content';
}

/** A chunk with `choices`: the role alone, results of a filter, usage. */
const isEmptyChat = ({ choices }: Fields): boolean => isList(choices) && choices.every(isEmptyChoice);

function isEmptyChoice(choice: Tree): boolean {
  const { delta, finish_reason: finishReason } = fieldsOf(choice);
  if (!isObject(delta) || !isBlank(finishReason)) return false;
  return Object.entries(delta).every(([name, part]) => name === 'role' || isBlank(part));
}

/** A chunk with `candidates`: without parts, and not the end of the answer. */
function isEmptyCandidate({ candidates, usageMetadata, promptFeedback }: Fields): boolean {
  if ((candidates === undefined && usageMetadata === undefined) || !isBlank(promptFeedback)) return false;
  return itemsOf(candidates).every((candidate) => {
    const { finishReason, content } = fieldsOf(candidate);
    return isBlank(finishReason) && itemsOf(fieldsOf(content).parts).length === 0;
  });
}
