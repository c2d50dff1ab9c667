import type { CheckedClassification } from '../classification/classification';
import { CONSEQUENCES, isTransient } from '../vendors/contract/outcome';
import type { AttemptReport } from '../errors';
import type { CallTrace } from '../tracing/call-trace';
import { endOf, runAttempt, type AttemptEnd } from './attempt';
import { backoffMs } from './waiting/backoff';
import { AttemptContext, leaseFor, leaseUntriedFirst, type CallTarget } from './attempt-context';
import { callError, type WhyEnded } from './failures/call-errors';
import { decide, type Decision } from './decision';
import type { CallFollowers, CallTerms } from './execution-settings';
import type { ExecutionResult, ManagedCall } from './execution.types';
import { classifyEnd, failedEnd } from './failures/classify-attempt';
import { keysTriedIn, attemptReport, succeeded } from './attempt-report';
import { cancelResponseBody } from '../common/cancel-response-body';
import { mayBeShared, Refusals } from './failures/refusals';

/** Milliseconds a call waits for a key where it states nothing. */
const DEFAULT_MAX_WAIT_MS = 10_000;
/** A longer wait that a vendor states is the caller's to plan, also where the call has no time limit. Milliseconds. */
const LONGEST_STATED_WAIT_MS = 60_000;

const NONE: ReadonlySet<string> = new Set();

/** One managed call: lease → call → classify → settle → decide, until it succeeds or gives up. */
export class Execution<T> {
  readonly #endsAt: number;
  readonly #call: ManagedCall<T>;
  readonly #followers: CallFollowers | undefined;
  readonly #trace: CallTrace | undefined;
  readonly #attempts: AttemptReport[] = [];
  #tried: Set<string> | undefined;
  #refusals: Refusals | undefined;
  /** What the call is for: as the caller names it, or else as the vendor's refusals do. */
  #target: CallTarget;
  #retries = 0;
  /** Milliseconds waited in all for keys, and before the attempt to come. */
  #waitedForKeys = 0;
  #waited = 0;
  #lastError: unknown = undefined;
  /** Milliseconds that the last failure asks to wait, and whether its key cools down for as long. */
  #statedMs: number | undefined = undefined;
  #keyRests = false;

  /** @param startedAt Milliseconds since the epoch. */
  constructor(
    private readonly terms: CallTerms<T>,
    private readonly startedAt: number,
  ) {
    const { line, call, options, settings } = terms;
    this.#target = options;
    this.#endsAt = startedAt + (options.timeoutMs ?? Infinity);
    this.#followers = settings.followers?.(startedAt);
    const trace = (this.#trace = this.#followers?.tracer?.start(line.pool.provider, options.model));
    this.#call = trace ? (context) => trace.attempt(context as AttemptContext, () => call(context)) : call;
  }

  /** From the beginning, or from the decision that a failed attempt led to. */
  async run(decision?: Decision): Promise<ExecutionResult<T>> {
    const { signal } = this.terms.options;
    for (let next = decision; ;) {
      if (next?.next === 'give_up') return this.#fail(next.why);
      if (signal?.aborted) return this.#fail('cancelled');
      const context = this.#leaseAtOnce(next) ?? (await this.#leaseLater(next));
      if (!(context instanceof AttemptContext)) return this.#fail(context);
      context.attempt = this.#attempts.length + 1;
      let end: AttemptEnd;
      try {
        const value = await runAttempt(this.#call, context, this.terms.options, this.#endsAt, this.terms.settings);
        const failed = failedEnd(context, value, this.terms.line.classifier);
        if (!failed) return this.#succeed(context, value);
        end = failed;
      } catch (error) {
        end = endOf(error);
      }
      next = await this.#failed(context, end);
    }
  }

  /** Goes on after a first attempt that failed. */
  async goOn(lease: AttemptContext, end: AttemptEnd): Promise<ExecutionResult<T>> {
    return this.run(await this.#failed(lease, end));
  }

  /** A key that may be used without any pause. Calls that wait already go first. */
  #leaseAtOnce(decision: Decision | undefined): AttemptContext | undefined {
    const { pool, queue } = this.terms.line;
    // Nothing has happened yet before the first attempt: one look at the clock does for both.
    const now = decision === undefined ? this.startedAt : this.terms.settings.clock.now();
    if (decision?.next === 'back_off' || queue.isWaiting(this.#target) || now >= this.#endsAt) return undefined;
    return leaseFor(pool, this.#target, this.#tried, now);
  }

  async #leaseLater(decision: Decision | undefined): Promise<AttemptContext | WhyEnded> {
    if (this.#isOver()) return 'deadline';
    const otherwise = decision?.next === 'other_key' ? decision.otherwise : undefined;
    if (otherwise === 'give_up') return 'rejected';
    if (decision?.next === 'back_off' || otherwise === 'back_off') {
      const ended = await this.#backOff();
      if (ended) return ended;
    }
    return this.#leaseAgain() ?? this.#waitForKey();
  }

  /** After a pause or none, for a call that has tried keys already. */
  #leaseAgain(): AttemptContext | undefined {
    const { pool, queue } = this.terms.line;
    if (this.#tried === undefined || queue.isWaiting(this.#target)) return undefined;
    return leaseUntriedFirst(pool, this.#target, this.#tried, this.terms.settings.clock.now());
  }

  /** Waits with full jitter; why the call ends if the stated wait does not fit into its time. */
  async #backOff(): Promise<WhyEnded | undefined> {
    const { backoff, random, pauses } = this.terms.settings;
    const stated = this.#keyRests ? this.#soonestKeyMs() : (this.#statedMs ?? 0);
    if (stated === Infinity) return 'no_keys';
    const room = this.#endsAt - this.terms.settings.clock.now();
    if (stated > 0 && stated >= room) return 'deadline';
    if (stated > LONGEST_STATED_WAIT_MS) return 'exhausted';
    const ms = backoffMs(backoff, this.#retries - 1, stated, random, room);
    const before = this.terms.settings.clock.now();
    const end = await pauses.pause(ms, this.terms.options.signal);
    this.#waited += this.terms.settings.clock.now() - before;
    if (end !== 'over') return end;
    return this.#isOver() ? 'deadline' : undefined;
  }

  /** Until a key may be had; 0 where that may be at any moment. */
  #soonestKeyMs(): number {
    const { pool } = this.terms.line;
    const { model, endpoint } = this.#target;
    if (pool.mayBeFreed(model, endpoint)) return 0;
    return Math.max(0, (pool.nextWake(model, endpoint) ?? Infinity) - this.terms.settings.clock.now());
  }

  async #waitForKey(): Promise<AttemptContext | WhyEnded> {
    const { pool, queue } = this.terms.line;
    const { signal, maxWaitMs = DEFAULT_MAX_WAIT_MS } = this.terms.options;
    const { model, endpoint } = this.#target;
    const now = this.terms.settings.clock.now();
    const endsAt = Math.min(this.#endsAt, now + maxWaitMs - this.#waitedForKeys);
    const waitMs = this.#soonestKeyMs();
    if (waitMs === Infinity || now + waitMs > endsAt || endsAt <= now) return 'no_keys';
    const result = await queue.wait({ model, endpoint, tried: this.#tried ?? NONE, endsAt, signal });
    const waited = this.terms.settings.clock.now() - now;
    this.#waited += waited;
    this.#waitedForKeys += waited;
    this.terms.settings.waited?.(pool.provider, waited);
    if (result instanceof AttemptContext) {
      if (!signal?.aborted) return result;
      result.settle('cancelled');
      return 'cancelled';
    }
    if (result !== 'timed_out' && result !== 'hopeless') return result;
    return result === 'timed_out' && this.#isOver() ? 'deadline' : 'no_keys';
  }

  #isOver(): boolean {
    return this.#endsAt !== Infinity && this.terms.settings.clock.now() >= this.#endsAt;
  }

  #succeed(context: AttemptContext, response: T): ExecutionResult<T> {
    this.#refusals?.confirm(this.terms.settings.clock.now());
    const soFar = {
      attempts: this.#attempts,
      waitedMs: this.#waited,
      trace: this.#trace,
      followers: this.#followers,
    };
    return succeeded(this.terms, context, response, this.startedAt, soFar);
  }

  async #failed(lease: AttemptContext, end: AttemptEnd): Promise<Decision> {
    const { clock } = this.terms.settings;
    const { signal } = this.terms.options;
    const failure = await classifyEnd(end, this.terms.line.classifier, {
      lease,
      signal,
      now: clock.now(),
      watched: lease.answers?.lastFailure,
    });
    const decision = this.#settleFailure(lease, end, failure);
    return end.kind === 'timed_out' && end.limit === 'call' ? { next: 'give_up', why: 'deadline' } : decision;
  }

  #settleFailure(lease: AttemptContext, end: AttemptEnd, failure: CheckedClassification): Decision {
    const now = this.terms.settings.clock.now();
    const refusals = (this.#refusals ??= new Refusals());
    const sameRefusal = refusals.isShared(lease, failure);
    const isWithheld = sameRefusal || mayBeShared(failure);
    lease.settleChecked(isWithheld ? { ...failure, withheld: true } : failure, now);
    if (isWithheld && !sameRefusal) refusals.withhold(lease, failure);
    this.#learnTarget(lease, failure);
    cancelResponseBody(this.#lastError);
    this.#lastError = end.kind === 'thrown' ? end.error : end.kind === 'value' ? end.value : undefined;
    this.#statedMs = failure.retryAfterMs;
    this.#keyRests = lease.candidate.record.unavailableUntil > now;
    const report = attemptReport(lease, failure.outcome, now, this.#waited, failure);
    this.#waited = 0;
    this.#attempts.push(report);
    this.#trace?.attemptEnded(report);
    this.#followers?.attemptLog?.(this.terms.line.pool.provider, report);
    (this.#tried ??= new Set()).add(lease.keyId);
    const decision = this.#decide(failure, sameRefusal);
    if (decision.next === 'give_up' || (decision.next === 'other_key' && !decision.costsRetry)) return decision;
    const { fault } = CONSEQUENCES[failure.outcome];
    // A vendor in trouble is not to be met with a storm of retries. One bad key among good ones is no such trouble.
    const isFree = this.#retries === 0 && this.terms.line.pool.hasWellKeys(this.#target.model);
    if ((fault === 'vendor' || fault === 'network') && !isFree && !this.terms.line.budget.take())
      return { next: 'give_up', why: 'exhausted' };
    this.#retries += 1;
    return decision;
  }

  #decide(failure: CheckedClassification, sameRefusal: boolean): Decision {
    const { options, settings } = this.terms;
    let [sameOutcome, transient] = [0, 0];
    for (const { outcome } of this.#attempts) {
      if (outcome === failure.outcome) sameOutcome += 1;
      if (isTransient(outcome)) transient += 1;
    }
    const maxRetries = options.maxRetries ?? settings.maxRetries();
    return decide(failure, { retries: this.#retries, maxRetries, sameOutcome, transient, sameRefusal });
  }

  /** A call that names neither model nor endpoint is told by its first refusal what it is for, and waits for a key of that. */
  #learnTarget({ endpoint, candidate }: AttemptContext, failure: CheckedClassification): void {
    const named = candidate.record.serves(failure.model) ? failure.model : undefined;
    const { model = named } = this.#target;
    if (failure.outcome !== 'rate_limited' && this.#target.endpoint === undefined && endpoint !== undefined)
      this.#target = { model, endpoint };
    else if (model !== this.#target.model) this.#target = { model, endpoint: this.#target.endpoint };
  }

  #fail(why: WhyEnded): ExecutionResult<T> {
    this.#refusals?.confirm(this.terms.settings.clock.now());
    const error = callError(why, {
      pool: this.terms.line.pool,
      target: this.#target,
      timeoutMs: this.terms.options.timeoutMs,
      attempts: this.#attempts,
      cause: this.#lastError,
      retryAfterMs: this.#statedMs,
      waiting: this.terms.line.queue.length,
      now: this.terms.settings.clock.now(),
    });
    const result = {
      success: false as const,
      error,
      errorMessage: error.message,
      provider: this.terms.line.pool.provider,
      attemptsMade: this.#attempts.length,
      keysTried: keysTriedIn(this.#attempts),
      totalTimeMs: this.terms.settings.clock.now() - this.startedAt,
      attempts: this.#attempts,
    };
    this.#trace?.ended(result.attemptsMade, error.code);
    this.terms.settings.ended?.(this.terms.line, result, false, this.#target.model);
    return result;
  }
}
