import { vendorErrorFrom, type EvidenceContext } from '../../classification/evidence/error-evidence';
import type { VendorError } from '../../classification/evidence/vendor-error';
import { followAbort, unfollowAbort, type AbortFollower } from '../../common/abort-followers';
import type { VendorFetch } from '../../checkers/vendor-access';
import type { BodySource } from '../../common/body-source';
import type { Clock } from '../../common/clock';
import type { UsageMeter } from '../../usage/usage-meter';
import type { TokenEstimates } from '../tokens/token-estimates';
import type { TimeLimit, TimeLimits } from '../waiting/time-limits';
import type { StreamBeginnings } from '../../vendors/contract/vendor';
import type { AnswerWatch } from './answer-watch';

/** How an answer's body ended; `unread`: it has not ended, but nobody reads it; a vendor error: it broke off, or reported a failure. */
export type AnswerEnd = 'whole' | 'unread' | 'cancelled' | VendorError;

/** What the bodies of all calls share. */
export interface BodySettings {
  readonly clock: Clock;
  readonly limits: TimeLimits;
  /** The bodies under way, which are aborted when the app shuts down. */
  readonly bodies: Set<AnswerBody>;
  /** Estimates what the calls of a provider take of limits of tokens. */
  readonly estimatesOf?: (provider: string) => TokenEstimates;
  /** Reads and prices what the answers of a provider state to have used. */
  readonly meterOf?: (provider: string) => UsageMeter;
  /** The events of a provider's vendor that come before the first content. */
  readonly beginningsOf?: (provider: string) => StreamBeginnings;
  /** What sends requests in the place of the global `fetch`; undefined but in tests of users. */
  readonly vendorFetch?: VendorFetch | undefined;
}

/** Changes bytes that pass by. */
export interface PassingBytes {
  push(chunk: Uint8Array): Uint8Array;
  /** Returns what was kept back. */
  end(): Uint8Array | undefined;
}

/** What bounds one body, and who looks at it. */
export interface BodyTerms {
  readonly settings: BodySettings;
  /** Each of them ends the body: the caller's, an SDK's, the attempt's. */
  readonly signals: readonly AbortSignal[];
  /** When the whole call is over. Milliseconds since the epoch; Infinity for never. */
  readonly endsAt: number;
  /** Milliseconds that the vendor may be silent. */
  readonly idleTimeoutMs: number;
  /** The context in which the evidence of a failure is read. */
  readonly evidence: () => EvidenceContext;
  readonly watch?: AnswerWatch;
  readonly redaction?: PassingBytes;
  /** Called once: at the end, at an error that passes by, or when the body is left unread. */
  readonly onSettled: (end: AnswerEnd) => void;
}

/** A body that nobody reads for this long gives its key back. Milliseconds. */
const UNREAD_MS = 30_000;

/**
 * The one way by which a vendor's answer passes to the caller: read no faster than the caller reads, and bounded by the caller's signal and
 * all time limits until its end, whoever made the request.
 *
 * It holds the stream that it feeds weakly, so that a stream which is thrown away unread is garbage-collected, and its lease ends.
 */
export class AnswerBody implements AbortFollower {
  #controller: WeakRef<ReadableStreamDefaultController<Uint8Array>> | undefined;
  #isReading = false;
  /** Since when a chunk is awaited, or since when the caller has not asked for one. Milliseconds since the epoch. */
  #since: number;
  #limit: TimeLimit | undefined;
  #isSettled = false;
  #isOver = false;

  private constructor(
    private readonly source: BodySource,
    private readonly terms: BodyTerms,
  ) {
    this.#since = terms.settings.clock.now();
  }

  /** Opens the body for the caller. */
  static open(source: BodySource, terms: BodyTerms): ReadableStream<Uint8Array> {
    const body = new AnswerBody(source, terms);
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (body.#controller = new WeakRef(controller)),
        pull: (controller) => body.#pull(controller),
        cancel: (reason) => {
          body.#finish('cancelled');
          body.source.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
    COLLECTED.register(stream, body, body);
    terms.settings.bodies.add(body);
    body.#arm();
    for (const signal of terms.signals) followAbort(signal, body);
    return stream;
  }

  /** A signal aborts, or the app shuts down. */
  aborted(reason: unknown): void {
    this.#stop(reason, 'cancelled');
  }

  /** The stream was garbage-collected: nobody can read it any more. */
  collected(): void {
    this.#finish('unread');
    this.source.cancel();
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.#setReading(true);
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
    this.#setReading(false);
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

  /** A time limit has passed: the rest is not awaited. */
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
    COLLECTED.unregister(this);
    this.terms.settings.bodies.delete(this);
    for (const signal of this.terms.signals) unfollowAbort(signal, this);
    this.#settle(end);
  }

  #settle(end: AnswerEnd | undefined): void {
    if (end === undefined || this.#isSettled) return;
    this.#isSettled = true;
    this.terms.onSettled(end);
  }

  #setReading(isReading: boolean): void {
    this.#isReading = isReading;
    this.#since = this.terms.settings.clock.now();
    if (isReading && this.#limit === undefined) this.#arm();
  }

  /** One limit serves the whole body; it is checked at least every 30 s, since whether it has passed depends on who is waited for. */
  #arm(): void {
    const { settings, endsAt } = this.terms;
    const idleUntil = this.#isReading || !this.#isSettled ? this.#since + this.#idleLimitMs : Infinity;
    const next = Math.min(idleUntil, endsAt);
    this.#limit = undefined;
    // Nobody reads it, its lease has ended, and the call has no time limit: whoever reads on sets the next limit.
    if (next === Infinity && !this.#isReading) return;
    this.#limit = settings.limits.at(Math.min(next, settings.clock.now() + UNREAD_MS), () => {
      const now = settings.clock.now();
      if (now >= endsAt) return this.#timedOut('The time limit of the call has passed.');
      if (now >= this.#since + this.#idleLimitMs) {
        if (this.#isReading) return this.#timedOut('The answer has been silent for too long.');
        // The vendor did its part, but nobody reads: the key goes back, and the body stays readable.
        this.#settle('unread');
      }
      this.#arm();
    });
  }

  get #idleLimitMs(): number {
    const { idleTimeoutMs } = this.terms;
    return this.#isReading ? idleTimeoutMs : Math.min(idleTimeoutMs, UNREAD_MS);
  }
}

const COLLECTED = new FinalizationRegistry<AnswerBody>((body) => body.collected());
