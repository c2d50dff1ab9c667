import type { Classification } from '../classification/classification';
import { CONSEQUENCES } from '../classification/outcome';
import type { AttemptReport } from '../errors';
import { PoolLease } from '../pool/key-lease';
import type { LeaseOptions } from '../pool/key-input';
import type { CallTrace } from '../tracing/call-trace';
import { runBounded, type AttemptEnd } from './attempt';
import { backoffMs } from './backoff';
import { AttemptContext } from './call-context';
import { callError, type WhyEnded } from './call-errors';
import { decide, type Decision } from './decision';
import type { ExecutionSettings, ProviderLine } from './execution-settings';
import type { ExecuteOptions, ExecutionResult, ManagedCall } from './execution.types';
import { classifyEnd, isFailedResponse } from './failure';
import { keysTriedIn } from './keys-tried';
import { letGo } from './let-go';
import { tokensIn } from './token-usage';

/** Milliseconds a call waits for a key where it states nothing. */
const DEFAULT_MAX_WAIT_MS = 10_000;
/** A longer wait that a vendor states is the caller's to plan, also where the call has no time limit. Milliseconds. */
const LONGEST_STATED_WAIT_MS = 60_000;

const NONE: ReadonlySet<string> = new Set();
const ANY_KEY: LeaseOptions = Object.freeze({});
/** Shared by all calls before their first attempt; never pushed to. */
const NO_ATTEMPTS: AttemptReport[] = [];

/** One managed call: lease → call → classify → settle → decide, until it succeeds or gives up. */
export class Execution<T> {
  readonly #startedAt: number;
  readonly #endsAt: number;
  readonly #call: ManagedCall<T>;
  readonly #trace: CallTrace | undefined;
  #attempts: AttemptReport[] = NO_ATTEMPTS;
  #tried: Set<string> | undefined;
  #retries = 0;
  /** Milliseconds waited in all for keys, and before the attempt to come. */
  #waitedForKeys = 0;
  #waited = 0;
  #lastError: unknown = undefined;
  /** Milliseconds that the last failure asks to wait. */
  #statedMs: number | undefined = undefined;

  constructor(
    private readonly line: ProviderLine,
    call: ManagedCall<T>,
    private readonly options: ExecuteOptions,
    private readonly settings: ExecutionSettings,
  ) {
    this.#startedAt = settings.clock.now();
    this.#endsAt = options.timeoutMs === undefined ? Infinity : this.#startedAt + options.timeoutMs;
    const trace = (this.#trace = settings.tracer?.start(line.pool.provider, options.model));
    this.#call = trace ? (context) => trace.attempt((context as AttemptContext).lease, () => call(context)) : call;
  }

  async run(): Promise<ExecutionResult<T>> {
    const { signal, attemptTimeoutMs, timeoutMs } = this.options;
    const bounded = signal !== undefined || attemptTimeoutMs !== undefined || timeoutMs !== undefined;
    let decision: Decision | undefined;
    for (;;) {
      if (signal?.aborted) return this.#fail('cancelled');
      const lease = this.#leaseAtOnce(decision) ?? (await this.#leaseLater(decision));
      if (!(lease instanceof PoolLease)) return this.#fail(lease);
      const context = new AttemptContext(lease, this.#attempts.length + 1);
      let end: AttemptEnd<T>;
      if (bounded) {
        end = await this.#runBounded(lease, context);
        if (end.kind === 'value' && !isFailedResponse(end.value)) return this.#succeed(lease, context, end.value);
      } else {
        // The usual way, with nothing made that is not needed.
        try {
          const value = await this.#call(context);
          if (!isFailedResponse(value)) return this.#succeed(lease, context, value);
          end = { kind: 'value', value };
        } catch (error) {
          end = { kind: 'thrown', error };
        }
      }
      const failure = await classifyEnd(end, this.line.classifier, { lease, signal, now: this.settings.clock.now() });
      decision = this.#settleFailure(lease, end, failure);
      if (end.kind === 'timed_out' && end.limit === 'call') return this.#fail('deadline');
      if (decision.next === 'give_up') return this.#fail(decision.why);
    }
  }

  #runBounded(lease: PoolLease, context: AttemptContext): Promise<AttemptEnd<T>> {
    const { attemptTimeoutMs, signal } = this.options;
    const attemptEndsAt = attemptTimeoutMs === undefined ? Infinity : lease.startedAt + attemptTimeoutMs;
    return runBounded(this.#call, context, { attemptEndsAt, callEndsAt: this.#endsAt, signal }, this.settings.limits);
  }

  /** A key that may be used without any pause. Calls that wait already go first. */
  #leaseAtOnce(decision: Decision | undefined): PoolLease | undefined {
    const { pool, queue } = this.line;
    const { model } = this.options;
    // Nothing has happened yet before the first attempt: one look at the clock does for both.
    const now = decision === undefined ? this.#startedAt : this.settings.clock.now();
    if (decision?.next === 'back_off' || queue.isWaiting(model) || now >= this.#endsAt) return undefined;
    const any = model === undefined && this.#tried === undefined;
    return pool.lease(any ? ANY_KEY : { model, exclude: this.#tried }, now);
  }

  async #leaseLater(decision: Decision | undefined): Promise<PoolLease | WhyEnded> {
    if (this.#isOver()) return 'deadline';
    const otherwise = decision?.next === 'other_key' ? decision.otherwise : undefined;
    if (otherwise === 'give_up') return 'rejected';
    if (decision?.next === 'back_off' || otherwise === 'back_off') {
      const ended = await this.#backOff();
      if (ended) return ended;
    }
    return this.#leaseAgain() ?? this.#waitForKey();
  }

  /** An untried key before a tried one. */
  #leaseAgain(): PoolLease | undefined {
    const { pool, queue } = this.line;
    const { model } = this.options;
    if (this.#tried === undefined || queue.isWaiting(model)) return undefined;
    return pool.lease({ model, exclude: this.#tried }) ?? pool.lease({ model });
  }

  /** Waits with full jitter; why the call ends if the stated wait does not fit into its time. */
  async #backOff(): Promise<WhyEnded | undefined> {
    const { backoff, random, pauses } = this.settings;
    const stated = this.#statedMs ?? 0;
    const room = this.#endsAt - this.settings.clock.now();
    if (stated > 0 && stated >= room) return 'deadline';
    if (stated > LONGEST_STATED_WAIT_MS) return 'exhausted';
    const ms = backoffMs(backoff, this.#retries - 1, stated, random, room);
    const before = this.settings.clock.now();
    const end = await pauses.pause(ms, this.options.signal);
    this.#waited += this.settings.clock.now() - before;
    if (end !== 'over') return end;
    return this.#isOver() ? 'deadline' : undefined;
  }

  async #waitForKey(): Promise<PoolLease | WhyEnded> {
    const { pool, queue } = this.line;
    const { model, signal, maxWaitMs = DEFAULT_MAX_WAIT_MS } = this.options;
    const now = this.settings.clock.now();
    const endsAt = Math.min(this.#endsAt, now + maxWaitMs - this.#waitedForKeys);
    const soonest = pool.mayBeFreed(model) ? now : (pool.nextWake(model) ?? Infinity);
    if (soonest > endsAt || endsAt <= now) return 'no_keys';
    const result = await queue.wait({ model, tried: this.#tried ?? NONE, endsAt, signal });
    const waited = this.settings.clock.now() - now;
    this.#waited += waited;
    this.#waitedForKeys += waited;
    this.settings.waited?.(pool.provider, waited);
    if (result instanceof PoolLease) {
      if (!signal?.aborted) return result;
      result.settle('cancelled');
      return 'cancelled';
    }
    if (result === 'cancelled' || result === 'closed') return result;
    return result === 'timed_out' && this.#isOver() ? 'deadline' : 'no_keys';
  }

  #isOver(): boolean {
    return this.#endsAt !== Infinity && this.settings.clock.now() >= this.#endsAt;
  }

  #succeed(lease: PoolLease, context: AttemptContext, response: T): ExecutionResult<T> {
    const now = this.settings.clock.now();
    if (!context.keepsLease) {
      if (lease.countsTokens) lease.used(tokensIn(response));
      lease.settle('ok', now);
    }
    this.#report(lease, 'ok', undefined, now);
    const result = {
      success: true as const,
      response,
      provider: this.line.pool.provider,
      attemptsMade: this.#attempts.length,
      keysTried: keysTriedIn(this.#attempts),
      totalTimeMs: now - this.#startedAt,
      attempts: this.#attempts,
    };
    this.#trace?.ended(result.attemptsMade);
    if (!context.keepsLease) this.settings.ended?.(result, true);
    return result;
  }

  #settleFailure(lease: PoolLease, end: AttemptEnd<T>, failure: Classification): Decision {
    const now = this.settings.clock.now();
    lease.settle(failure, now);
    letGo(this.#lastError);
    this.#lastError = end.kind === 'thrown' ? end.error : end.kind === 'value' ? end.value : undefined;
    this.#statedMs = failure.retryAfterMs;
    this.#report(lease, failure.outcome, failure, now);
    (this.#tried ??= new Set()).add(lease.keyId);
    let sameOutcome = 0;
    for (const { outcome } of this.#attempts) if (outcome === failure.outcome) sameOutcome += 1;
    const maxRetries = this.options.maxRetries ?? this.settings.maxRetries;
    const decision = decide(failure, { retries: this.#retries, maxRetries, sameOutcome });
    if (decision.next === 'give_up' || (decision.next === 'other_key' && !decision.costsRetry)) return decision;
    const { fault } = CONSEQUENCES[failure.outcome];
    // A vendor in trouble is not to be met with a storm of retries.
    if ((fault === 'vendor' || fault === 'network') && !this.line.budget.take())
      return { next: 'give_up', why: 'exhausted' };
    this.#retries += 1;
    return decision;
  }

  #report(lease: PoolLease, outcome: AttemptReport['outcome'], failure: Classification | undefined, now: number): void {
    const report: AttemptReport = {
      keyId: lease.keyId,
      maskedKey: lease.maskedKey,
      outcome,
      status: failure?.status,
      reason: failure?.reason,
      durationMs: now - lease.startedAt,
      waitedMs: this.#waited,
    };
    this.#waited = 0;
    // A list made for one takes a third of the memory of one that grew.
    if (this.#attempts === NO_ATTEMPTS) this.#attempts = [report];
    else this.#attempts.push(report);
    this.#trace?.attemptEnded(report);
    this.settings.attempted?.(this.line.pool.provider, report);
  }

  #fail(why: WhyEnded): ExecutionResult<T> {
    // A list of the call's own: the caller may change it.
    const attempts = this.#attempts === NO_ATTEMPTS ? [] : this.#attempts;
    const error = callError(why, {
      pool: this.line.pool,
      model: this.options.model,
      timeoutMs: this.options.timeoutMs,
      attempts,
      cause: this.#lastError,
      retryAfterMs: this.#statedMs,
      now: this.settings.clock.now(),
    });
    const result = {
      success: false as const,
      error,
      errorMessage: error.message,
      provider: this.line.pool.provider,
      attemptsMade: this.#attempts.length,
      keysTried: keysTriedIn(this.#attempts),
      totalTimeMs: this.settings.clock.now() - this.#startedAt,
      attempts,
    };
    this.#trace?.ended(result.attemptsMade, error.code);
    this.settings.ended?.(result, false);
    return result;
  }
}
