import { followAbort, unfollowAbort, type AbortFollower } from '../../common/abort-followers';
import { vendorErrorFrom, type EvidenceContext } from '../../classification/evidence/error-evidence';
import type { VendorError } from '../../classification/evidence/vendor-error';
import type { Clock } from '../../common/clock';
import type { TimeLimit, TimeLimits } from '../waiting/time-limits';
import type { AnswerWatch } from './answer-watch';
import type { BodySource } from './body-source';
import type { PassingRedaction } from './passing-redaction';

/** How an answer's body ended. `unread`: it did not, but nobody reads it. */
export type AnswerEnd = 'whole' | 'unread' | 'cancelled' | VendorError;

/** What bodies of all calls share. */
export interface BodySettings {
  readonly clock: Clock;
  readonly limits: TimeLimits;
  /** The bodies under way: ended when the app is. */
  readonly bodies: Set<AnswerBody>;
}

export interface BodyTerms extends BodySettings {
  /** Each ends the body: the caller's, an SDK's, the attempt's. */
  readonly signals: readonly AbortSignal[];
  /** When the whole call is over. Milliseconds since the epoch; Infinity for never. */
  readonly endsAt: number;
  /** Milliseconds that the vendor may be silent. */
  readonly idleTimeoutMs: number;
  /** What the evidence of a failure goes by. */
  readonly evidence: () => EvidenceContext;
  readonly watch?: AnswerWatch;
  readonly redaction?: PassingRedaction;
  /** Told once: at the end, at an error that passes by, or when the body is left unread. */
  readonly settled: (end: AnswerEnd) => void;
}

/** A body that nobody reads for so long gives its key back. Milliseconds. */
const UNREAD_MS = 30_000;

/**
 * The one way by which a vendor's answer passes to the caller: read no faster than the caller does, bounded by the caller's signal and all
 * time limits until its end, whoever made the request.
 *
 * It never holds the stream that it feeds, so that one which is thrown away unread is collected, and told of.
 */
export class AnswerBody implements AbortFollower {
  #controller: WeakRef<ReadableStreamDefaultController<Uint8Array>> | undefined;
  #reading = false;
  /** Since when a chunk is awaited, or the caller does not ask for one. Milliseconds since the epoch. */
  #since: number;
  #limit: TimeLimit | undefined;
  #isSettled = false;
  #isOver = false;

  private constructor(
    private readonly source: BodySource,
    private readonly terms: BodyTerms,
  ) {
    this.#since = terms.clock.now();
  }

  /** The body for the caller. */
  static open(source: BodySource, terms: BodyTerms): ReadableStream<Uint8Array> {
    const body = new AnswerBody(source, terms);
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          body.#controller = new WeakRef(controller);
        },
        pull: (controller) => body.#pull(controller),
        cancel: (reason) => {
          body.#finish('cancelled');
          body.source.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
    THROWN_AWAY.register(stream, body, body);
    terms.bodies.add(body);
    body.#arm();
    for (const signal of terms.signals) followAbort(signal, body);
    return stream;
  }

  /** A signal aborts, or the app ends. */
  aborted(reason: unknown): void {
    this.#stop(reason, 'cancelled');
  }

  /** Nobody can read it any more. */
  thrownAway(): void {
    this.#finish('unread');
    this.source.cancel();
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.#turn(true);
    try {
      for (;;) {
        const { done, value } = await this.source.read();
        if (this.#isOver) return;
        if (done) {
          this.#close(controller);
          return;
        }
        this.#settle(this.#isSettled ? undefined : this.terms.watch?.push(value));
        const passed = this.terms.redaction?.push(value) ?? value;
        if (passed.byteLength > 0) {
          controller.enqueue(passed);
          break;
        }
      }
    } catch (error) {
      if (this.#isOver) return;
      this.#finish(this.#evidenceOf(error));
      controller.error(error);
    }
    this.#turn(false);
  }

  #close(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#finish((this.#isSettled ? undefined : this.terms.watch?.end()) ?? 'whole');
    const rest = this.terms.redaction?.end();
    if (rest) controller.enqueue(rest);
    controller.close();
  }

  #stop(reason: unknown, end: AnswerEnd): void {
    if (this.#isOver) return;
    this.#finish(end);
    this.#controller?.deref()?.error(reason);
    this.source.cancel(reason);
  }

  /** The time is over for good: the rest is not awaited. */
  #timedOut(message: string): void {
    const error = new DOMException(message, 'TimeoutError');
    this.#stop(error, this.#evidenceOf(error));
  }

  #evidenceOf(error: unknown): VendorError {
    return vendorErrorFrom(error, { ...this.terms.evidence(), contentEmitted: true, callerAborted: false });
  }

  #finish(end: AnswerEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#limit?.cancel();
    THROWN_AWAY.unregister(this);
    this.terms.bodies.delete(this);
    for (const signal of this.terms.signals) unfollowAbort(signal, this);
    this.#settle(end);
  }

  #settle(end: AnswerEnd | undefined): void {
    if (end === undefined || this.#isSettled) return;
    this.#isSettled = true;
    this.terms.settled(end);
  }

  #turn(reading: boolean): void {
    this.#reading = reading;
    this.#since = this.terms.clock.now();
    if (reading && this.#limit === undefined) this.#arm();
  }

  /** One limit for the whole body, looked at every 30 s at the most seldom: whether it has passed depends on who is waited for. */
  #arm(): void {
    const { limits, clock, endsAt } = this.terms;
    const looks = this.#reading || !this.#isSettled ? this.#since + this.#patienceMs : Infinity;
    const next = Math.min(looks, endsAt);
    this.#limit = undefined;
    // Nobody reads it, which was told, and it has no end: whoever reads on sets the next limit.
    if (next === Infinity && !this.#reading) return;
    this.#limit = limits.at(Math.min(next, clock.now() + UNREAD_MS), () => {
      const now = clock.now();
      if (now >= endsAt) return this.#timedOut('The time limit of the call has passed.');
      if (now >= this.#since + this.#patienceMs) {
        if (this.#reading) return this.#timedOut('The answer has been silent for too long.');
        // The vendor did its part, but nobody reads: the key goes back, and the body stays readable.
        this.#settle('unread');
      }
      this.#arm();
    });
  }

  get #patienceMs(): number {
    const { idleTimeoutMs } = this.terms;
    return this.#reading ? idleTimeoutMs : Math.min(idleTimeoutMs, UNREAD_MS);
  }
}

const THROWN_AWAY = new FinalizationRegistry<AnswerBody>((body) => {
  body.thrownAway();
});
