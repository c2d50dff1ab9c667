import { vendorErrorFrom, vendorErrorFromStreamEvent } from '../../classification/error-evidence';
import type { Clock } from '../../clock';
import type { PoolLease } from '../../pool/key-lease';
import type { SettledOutcome } from '../../pool/settlement';
import { verdictOn, type FailureClassifier } from '../failure';
import type { TimeLimit, TimeLimits } from '../time-limits';
import { PassingUsage } from '../token-usage';
import { ErrorWatch } from './error-watch';
import type { ChunkReader, HeldStream } from './hold-back';

export interface StreamTerms {
  readonly lease: PoolLease;
  readonly classifier: FailureClassifier;
  readonly clock: Clock;
  readonly limits: TimeLimits;
  /** Milliseconds of silence. */
  readonly idleTimeoutMs: number;
  /** The caller's. */
  readonly signal: AbortSignal | undefined;
  readonly headers: Headers;
  /** Ends the request. */
  readonly abort: (reason: unknown) => void;
}

/** A stream that nobody reads for so long gives its key back. Milliseconds. */
const UNREAD_MS = 30_000;

/**
 * The body of a streamed answer on its way to the caller: bytes unchanged, read no faster than the caller does. It keeps the
 * lease until it ends, and settles it with what it turned out to be.
 */
export class ManagedStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #watch = new ErrorWatch();
  /** Only where the user limits tokens. */
  readonly #usage: PassingUsage | undefined;
  readonly #chunks: Uint8Array[];
  #reading = false;
  /** Since when a chunk is awaited, or the caller does not ask for one. Milliseconds since the epoch. */
  #since: number;
  #limit: TimeLimit | undefined;
  #ended: { success: boolean } | undefined;
  #onEnd: ((success: boolean) => void) | undefined;

  constructor(
    private readonly reader: ChunkReader,
    private readonly held: HeldStream,
    private readonly terms: StreamTerms,
  ) {
    this.#chunks = [...held.held];
    this.#usage = terms.lease.countsTokens ? new PassingUsage() : undefined;
    this.#since = terms.clock.now();
    this.body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => this.#pull(controller),
        cancel: (reason) => {
          this.#settle('cancelled');
          return this.reader.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
    this.#arm();
  }

  /** Calls back when the stream has ended, or at once where it has already. */
  whenEnded(onEnd: (success: boolean) => void): void {
    if (this.#ended) onEnd(this.#ended.success);
    else this.#onEnd = onEnd;
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const kept = this.#chunks.shift();
    if (kept) return this.#pass(kept, controller);
    if (this.held.ended) return this.#close(controller);
    this.#turn(true);
    try {
      const { done, value } = await this.reader.read();
      this.#turn(false);
      if (done) this.#close(controller);
      else this.#pass(value, controller);
    } catch (error) {
      this.#broke(error);
      controller.error(error);
    }
  }

  #pass(chunk: Uint8Array, controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#usage?.push(chunk);
    if (!this.#ended) this.#judge(this.#watch.push(chunk));
    controller.enqueue(chunk);
  }

  #close(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#judge(this.#watch.end());
    this.#settle('ok');
    controller.close();
  }

  /** An error event: the caller gets it as it came, the key its true verdict. */
  #judge(event: string | undefined): void {
    if (event === undefined || this.#ended) return;
    const { lease, classifier, clock, headers } = this.terms;
    const context = { now: clock.now(), secrets: [lease.apiKey], contentEmitted: true };
    this.#settle(verdictOn(vendorErrorFromStreamEvent(event, headers, context), classifier, lease));
  }

  #broke(error: unknown): void {
    const { lease, classifier, clock, signal } = this.terms;
    const callerAborted = signal?.aborted ?? false;
    const context = { now: clock.now(), secrets: [lease.apiKey], contentEmitted: true, callerAborted };
    const verdict = verdictOn(vendorErrorFrom(error, context), classifier, lease);
    this.#settle(verdict.outcome === 'cancelled' ? 'cancelled' : verdict);
  }

  #settle(outcome: SettledOutcome): void {
    this.#limit?.cancel();
    this.#limit = undefined;
    if (this.#ended) return;
    const success = outcome === 'ok' || outcome === 'cancelled';
    this.#ended = { success };
    if (this.#usage) this.terms.lease.used(this.#usage.tokens);
    // An attempt that was given up in the same moment has settled it.
    if (!this.terms.lease.settled) this.terms.lease.settle(outcome);
    this.#onEnd?.(success);
  }

  #turn(reading: boolean): void {
    this.#reading = reading;
    this.#since = this.terms.clock.now();
    if (reading && this.#limit === undefined) this.#arm();
  }

  /** One limit for the whole stream, looked at every 30 s at the most seldom: whether it has passed depends on who is waited for. */
  #arm(): void {
    const { limits, clock } = this.terms;
    this.#limit = limits.at(Math.min(this.#since + this.#patienceMs, clock.now() + UNREAD_MS), () => {
      this.#limit = undefined;
      if (clock.now() < this.#since + this.#patienceMs) return this.#arm();
      if (this.#reading) this.terms.abort(new DOMException('The stream has been silent for too long.', 'TimeoutError'));
      // The vendor did its part, but nobody reads: the key goes back, and the body stays readable.
      else this.#settle('ok');
    });
  }

  get #patienceMs(): number {
    const { idleTimeoutMs } = this.terms;
    return this.#reading ? idleTimeoutMs : Math.min(idleTimeoutMs, UNREAD_MS);
  }
}
