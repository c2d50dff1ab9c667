import type { EventSourceMessage } from 'eventsource-parser';
import type { BodySource } from '../../common/body-source';
import type { Clock } from '../../common/clock';
import type { BodySettings } from '../answers/answer-body';
import { beginsList } from '../answers/answer-watch';
import type { StreamStart, StreamStartState } from '../answers/stream-start';
import type { TimeLimit } from '../waiting/time-limits';

/** A longer JSON answer is not held in memory but handed on. Bytes. */
const MAX_WHOLE_BYTES = 1024 * 1024;
/** A vendor that keeps the connection alive is given this long to fail after all. Milliseconds. */
const KEPT_ALIVE_MS = 250;
const CLOSING_BYTES: Readonly<Record<number, number>> = { 0x7b: 0x7d, 0x5b: 0x5d };

/** The time after which a held answer is handed on to the caller. It may be set sooner, never later. */
export class HandOnTimer {
  #expired: Promise<undefined> | undefined;
  #expire!: () => void;
  readonly #cancels: (() => void)[] = [];

  constructor(private readonly clock: Clock) {}

  /** Nearly no answer waits for it. */
  get expired(): Promise<undefined> {
    return (this.#expired ??= new Promise((resolve) => {
      this.#expire = () => resolve(undefined);
    }));
  }

  /** @param ms Milliseconds from now; Infinity for never. */
  expireIn(ms: number): void {
    void this.expired;
    if (ms < Infinity) this.#cancels.push(this.clock.after(Math.max(0, ms), this.#expire, false));
  }

  cancel(): void {
    for (const cancel of this.#cancels) cancel();
  }
}

/** Fails the source of an answer whose vendor is silent for too long. One limit serves all chunks: when it passes, it is set anew from the last one on. */
export class SilenceLimit {
  #heardAt: number;
  #limit: TimeLimit;

  /** @param idleTimeoutMs Milliseconds; Infinity for never. */
  constructor(
    private readonly source: BodySource,
    private readonly idleTimeoutMs: number,
    private readonly settings: Pick<BodySettings, 'clock' | 'limits'>,
  ) {
    this.#heardAt = settings.clock.now();
    this.#limit = this.#begin(this.#heardAt);
  }

  /** A chunk has come. */
  heard(): void {
    this.#heardAt = this.settings.clock.now();
  }

  cancel(): void {
    this.#limit.cancel();
  }

  #begin(now: number): TimeLimit {
    return this.settings.limits.at(this.#heardAt + this.idleTimeoutMs, this.#passed, now);
  }

  // Not by the signal: a request that nothing else ends has none.
  readonly #passed = (): void => {
    const now = this.settings.clock.now();
    if (now < this.#heardAt + this.idleTimeoutMs) this.#limit = this.#begin(now);
    else this.source.fail(new DOMException('The stream has been silent for too long.', 'TimeoutError'));
  };
}

/** Why an event stream failed before its first content. */
export type StreamFailure =
  | { readonly kind: 'event'; readonly event: EventSourceMessage }
  /** The stream broke off. */
  | { readonly kind: 'broken'; readonly error: unknown }
  /** The stream ended properly, with nothing in it. */
  | { readonly kind: 'empty' };

/** An answer that the caller has not been given yet. */
export interface HeldAnswer {
  readonly source: BodySource;
  readonly silence: SilenceLimit;
  readonly timer: HandOnTimer;
  /** Called when the first chunk has come. */
  readonly onFirst: (() => void) | undefined;
}

/**
 * Holds an event stream back until content, an error or the end comes, or the timer expires: then the read that is under way stays with the
 * source. What was read is given back to the source. Never rejects.
 * @returns why the stream failed; undefined where it is to be handed on
 */
export async function holdBackStream(
  { source, silence, timer, onFirst }: HeldAnswer,
  start: StreamStart,
): Promise<StreamFailure | undefined> {
  const held: Uint8Array[] = [];
  let isKeptAlive = false;
  try {
    for (;;) {
      const chunk = await Promise.race([source.peek(), timer.expired]);
      if (!chunk) return undefined;
      silence.heard();
      if (held.length === 0) onFirst?.();
      if (chunk.done) source.assertWhole();
      else source.take();
      if (chunk.value) held.push(chunk.value);
      const state: StreamStartState = chunk.done ? start.end() : start.push(chunk.value);
      if (state.state === 'open') return undefined;
      if (state.state === 'failed') return { kind: 'event', event: state.event };
      if (chunk.done) return { kind: 'empty' };
      if (state.state === 'waiting' && !isKeptAlive) timer.expireIn(KEPT_ALIVE_MS);
      isKeptAlive = state.state === 'waiting';
    }
  } catch (error) {
    return { kind: 'broken', error };
  } finally {
    source.giveBack(held);
  }
}

/**
 * Reads a JSON body whole; undefined where it is to be handed on as it comes, with what was read given back to the source. That is a body
 * beyond 1 MiB, a list, which streams, unless it begins with an error, and a body of which nothing but blanks
 * come until the timer expires: some vendors keep a connection alive with those.
 * @throws TypeError where the body ends before it is whole
 */
export async function wholeJson(
  { source, silence, timer }: HeldAnswer,
  holdBackMs: number,
): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let isList: boolean | undefined;
  let isBlankSoFar = false;
  for (;;) {
    const chunk = await (isBlankSoFar ? Promise.race([source.peek(), timer.expired]) : source.peek());
    if (chunk?.done) break;
    if (chunk) {
      silence.heard();
      source.take();
      chunks.push(chunk.value);
      length += chunk.value.byteLength;
      isList ??= beginsList(chunk.value);
      if (isList === undefined && length > 0 && !isBlankSoFar) timer.expireIn(holdBackMs);
      isBlankSoFar = isList === undefined && length > 0;
    }
    if (!chunk || length > MAX_WHOLE_BYTES || (isList && !mayBeginWithError(chunks))) {
      source.giveBack(chunks);
      return undefined;
    }
  }
  source.assertWhole();
  const whole = joined(chunks);
  if (isCutOff(whole)) throw new TypeError('premature close');
  return whole;
}

/** The chunks as one. Nearly all answers are one chunk, which is not copied. */
function joined(chunks: readonly Uint8Array[]): Buffer {
  const [first] = chunks;
  if (first === undefined || chunks.length > 1) return Buffer.concat(chunks);
  return Buffer.from(first.buffer, first.byteOffset, first.byteLength);
}

/** Whether the list begins with an error, as far as can be seen. */
function mayBeginWithError(chunks: readonly Uint8Array[]): boolean {
  const beginning = Buffer.concat(chunks).toString('latin1').replace(/\s/g, '').slice(0, 9);
  return '[{"error"'.startsWith(beginning);
}

/** Whether the body opens an object or a list, and never closes it: the connection ended, and nobody had stated the length. */
function isCutOff(body: Buffer): boolean {
  let first = 0;
  let last = body.length - 1;
  while (first < last && body[first]! <= 0x20) first += 1;
  while (last > first && body[last]! <= 0x20) last -= 1;
  const closing = CLOSING_BYTES[body[first] ?? 0];
  return closing !== undefined && (first === last || body[last] !== closing);
}
