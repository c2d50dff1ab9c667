import { SseEvents, type SseEvent } from './sse-events';
import { hasErrorEnvelope, isBlank } from '../../classification/evidence/body-facts';
import { fieldsOf, isList, itemsOf, jsonIn, type Fields, type Tree } from '../../classification/evidence/body-tree';
import { isObject } from '../../classification/evidence/safe-read';
import type { Clock } from '../../common/clock';
import type { BodySource, Chunk } from '../answers/body-source';

/** A preamble that grows beyond this is let through: what is held back is held in memory. Bytes. */
export const MOST_HELD_BYTES = 64 * 1024;

export type StreamStartState =
  /** Nothing but preamble so far. */
  | { readonly state: 'held' }
  /** The same, but the vendor keeps the connection alive: the answer will take its time, and the caller should see that it is coming. */
  | { readonly state: 'waiting' }
  /** Content has come, or the id of a work in the background: from here on the stream belongs to the caller. */
  | { readonly state: 'open' }
  | { readonly state: 'failed'; readonly event: SseEvent };

const HELD: StreamStartState = { state: 'held' };
const WAITING: StreamStartState = { state: 'waiting' };
const OPEN: StreamStartState = { state: 'open' };

/** Tells when the first content of an event stream has come, or an error before it. Pure but for what it has read. */
export class StreamStart {
  readonly #events = new SseEvents();
  #bytes = 0;
  #hasBegun = false;
  #waits = false;

  /** @param isBackground The request is for work in the background: the vendor's word that it has begun is an answer, not to be asked for twice. */
  constructor(private readonly isBackground = false) {}

  push(chunk: Uint8Array): StreamStartState {
    this.#bytes += chunk.byteLength;
    const state = this.#stateAfter(this.#events.push(chunk));
    return state.state !== 'failed' && this.#bytes > MOST_HELD_BYTES ? OPEN : state;
  }

  /** The stream has ended: still `held` means that no content ever came. */
  end(): StreamStartState {
    return this.#stateAfter(this.#events.end());
  }

  #stateAfter(events: readonly SseEvent[]): StreamStartState {
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

/**
 * `preamble` says only that an answer begins: a stream that breaks off there can be begun anew, unseen. `begun`: that the vendor has
 * taken on a work under an id, of which the answer will tell.
 */
export type EventKind = 'preamble' | 'ping' | 'begun' | 'content' | 'error';

const BEGUN_TYPES: ReadonlySet<Tree> = new Set(['response.created', 'response.queued']);
/** Anthropic's and OpenAI's (Responses) events before the first content. */
const PREAMBLE_TYPES: ReadonlySet<Tree> = new Set([
  'message_start',
  'content_block_start',
  'response.in_progress',
  'response.output_item.added',
  'response.content_part.added',
  'response.reasoning_summary_part.added',
]);

/** What an event of any vendor's stream is. What is not known for a preamble is content: it is never held back. */
export function eventKind({ name, data }: SseEvent): EventKind {
  if (data === '') return name === 'ping' ? 'ping' : 'preamble';
  if (name === 'error') return 'error';
  const value = jsonIn(data);
  if (!isObject(value)) return 'content';
  if (hasErrorEnvelope(value)) return 'error';
  const fields = fieldsOf(value);
  const { type } = fields;
  if (type === 'ping') return 'ping';
  if (BEGUN_TYPES.has(type)) return 'begun';
  if (PREAMBLE_TYPES.has(type)) return 'preamble';
  return isEmptyChat(fields) || isEmptyCandidate(fields) ? 'preamble' : 'content';
}

/** OpenAI chat: the role alone, Azure's filter results, usage. */
const isEmptyChat = ({ choices }: Fields): boolean => isList(choices) && choices.every(isEmptyChoice);

function isEmptyChoice(choice: Tree): boolean {
  const { delta, finish_reason: finishReason } = fieldsOf(choice);
  if (!isObject(delta) || !isBlank(finishReason)) return false;
  return Object.entries(delta).every(([name, part]) => name === 'role' || isBlank(part));
}

/** Google: a chunk without parts that does not end the answer. */
function isEmptyCandidate({ candidates, usageMetadata, promptFeedback }: Fields): boolean {
  if ((candidates === undefined && usageMetadata === undefined) || !isBlank(promptFeedback)) return false;
  return itemsOf(candidates).every((candidate) => {
    const { finishReason, content } = fieldsOf(candidate);
    return isBlank(finishReason) && itemsOf(fieldsOf(content).parts).length === 0;
  });
}

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
  const gate = new StreamStart(isBackground);
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
    const state: StreamStartState = chunk.done ? gate.end() : gate.push(chunk.value);
    if (state.state === 'open') return { held };
    if (state.state === 'failed') return { held, failure: { kind: 'event', event: state.event } };
    if (chunk.done) return { held, failure: { kind: 'empty' } };
    if (state.state === 'waiting' && !waits) patience.endIn(WAITING_MS);
    waits = state.state === 'waiting';
  }
}
