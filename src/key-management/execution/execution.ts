import type { CheckedClassification } from '../classification/classification';
import { isDoubtableRemoval } from '../classification/classify';
import { cancelResponseBody } from '../common/cancel-response-body';
import type { AttemptReport } from '../errors';
import type { CallTrace } from '../tracing/call-trace';
import { addUsage, type Usage } from '../usage/usage';
import { isRemoved } from '../pool/key/key-state';
import { CONSEQUENCES, isTransient } from '../vendors/contract/outcome';
import { awaited, endOf, runAttempt, type AttemptEnd } from './attempt';
import { AttemptContext, leaseFor, leaseUntriedFirst, type CallTarget } from './attempt-context';
import { attemptReport, executionReport, succeeded, whereTo, type CallSoFar } from './attempt-report';
import { decide, type Decision } from './decision';
import type { CallFollowers, CallTerms } from './execution-settings';
import type { ExecutionReport, ExecutionResult, ManagedCall } from './execution.types';
import { callError, type FailureReason } from './failures/call-errors';
import { classifyEnd, failedEnd, isUnsent } from './failures/classify-attempt';
import { soonestUnasked } from './affinity/soonest-unasked';
import { mayBeShared, Refusals } from './failures/refusals';
import { fitting } from './tokens/fitting';
import { backoffMs } from './waiting/backoff';

/** Milliseconds a call waits for a key where it states nothing. */
const DEFAULT_MAX_WAIT_MS = 10_000;
/** A longer wait that a vendor states is the caller's to plan, also where the call has no time limit. Milliseconds. */
const MAX_STATED_WAIT_MS = 60_000;

/** A batch call that has waited this long counts as interactive, however long it may wait. Milliseconds. */
const MAX_AGE_MS = 10_000;

/** So many keys are asked for each account that may be asked, where it is not known which share one. */
const MOST_KEYS_PER_ACCOUNT = 4;

const NONE: ReadonlySet<string> = new Set();

/**
 * Runs one managed call. Nearly all calls have a key at once and a good answer at the first attempt: for them nothing is made that is not
 * needed, and no async function either, whose frame alone is 240 bytes. All others are run by an {@link Execution}.
 */
export function runCall<T>(terms: CallTerms<T>): Promise<ExecutionResult<T>> {
  const { provider, call, options, settings } = terms;
  const { signal, timeoutMs = Infinity } = options;
  const startedAt = settings.clock.now();
  const { spillAfterMs } = provider.pool;
  // Neither a call that somebody follows, nor one that is over before it begins.
  const isOrdinary = !signal?.aborted && timeoutMs > 0 && !settings.followers?.(startedAt);
  const goesFirst = provider.queue.courtesy.goesFirst(options, startedAt);
  const context =
    isOrdinary && goesFirst && !provider.queue.isWaiting(options)
      ? leaseFor(
          provider.pool,
          spillAfterMs > 0 || options.affinity !== undefined ? { ...options, ...waits(terms, startedAt) } : options,
          undefined,
          startedAt,
        )
      : undefined;
  if (!context) return new Execution(terms, startedAt).run();
  return concluded(runAttempt(call, context, options, startedAt + timeoutMs, settings), terms, context);
}

/** What the call comes to by its first attempt. A function of its own, whose callbacks hold no more than these two. */
function concluded<T>(attempt: Promise<T>, terms: CallTerms<T>, context: AttemptContext): Promise<ExecutionResult<T>> {
  return awaited(
    attempt,
    (value) => {
      const end = failedEnd(context, value, terms.provider.classifier, terms.options.notFound);
      return end
        ? new Execution(terms, context.startedAt).continueAfter(context, end)
        : succeeded(terms, context, value, context.startedAt);
    },
    (error: unknown) => new Execution(terms, context.startedAt).continueAfter(context, endOf(error)),
  );
}

/**
 * From when on a call takes keys of any tier, and of any account; 0 for at once. Milliseconds since the epoch.
 */
function waits(
  { provider: { pool }, options }: CallTerms<unknown>,
  startedAt: number,
): { readonly spillsAt: number; readonly movesAt: number } {
  const { spillAfterMs, affinityMaxWaitMs } = pool;
  const { timeoutMs = Infinity, maxWaitMs = DEFAULT_MAX_WAIT_MS, affinity } = options;
  const longest = Math.min(timeoutMs, maxWaitMs);
  // Another account is to have its time, too.
  const keptMs = affinity?.kind === 'soft' ? Math.min(affinityMaxWaitMs, longest / 2) : 0;
  return {
    // What cannot wait so long would never be served by a higher tier.
    spillsAt: spillAfterMs > 0 && spillAfterMs < longest ? startedAt + spillAfterMs : 0,
    movesAt: keptMs > 0 ? startedAt + keptMs : 0,
  };
}

/** One managed call: lease → call → classify → settle → decide, until it succeeds or gives up. */
class Execution<T> implements CallSoFar {
  readonly #endsAt: number;
  readonly #call: ManagedCall<T>;
  readonly followers: CallFollowers | undefined;
  readonly trace: CallTrace | undefined;
  readonly attempts: AttemptReport[] = [];
  #tried: Set<string> | undefined;
  #refusals: Refusals | undefined;
  /** The attempts whose keys the status table alone would remove. */
  #tableOnly: AttemptContext[] | undefined;
  /** What the call is for: as the caller names it, or else as the vendor's refusals do. */
  #target: CallTarget;
  #retries = 0;
  /** Attempts that were answered "not found", in how many accounts, and the ids of those accounts' keys. */
  asked = 0;
  #accountsAsked: Set<string> | undefined;
  #notThere: Set<string> | undefined;
  /** What the failed attempts used that stated it. */
  usage: Usage | undefined = undefined;
  /** Milliseconds waited before the next attempt, and in all for keys. */
  waitedMs = 0;
  #waitedForKeysMs = 0;
  #lastError: unknown = undefined;
  /** Milliseconds that the last failure asks to wait. */
  #statedMs: number | undefined = undefined;
  /** Where the last attempt went, of a call with an affinity. */
  #affinity: ExecutionReport['affinity'];
  /** Where the last attempt went. */
  #endpoint: string | undefined;
  /** Whether the key of the last failure cools down. */
  #isKeyCoolingDown = false;

  /** @param startedAt Milliseconds since the epoch. */
  constructor(
    private readonly terms: CallTerms<T>,
    private readonly startedAt: number,
  ) {
    const { provider, call, options, settings } = terms;
    const { model, endpoint, tokens, affinity } = options;
    this.#target = { model, endpoint, tokens, affinity, ...waits(terms, startedAt) };
    this.#endsAt = startedAt + (options.timeoutMs ?? Infinity);
    this.followers = settings.followers?.(startedAt);
    const trace = (this.trace = this.followers?.tracer?.start(provider.pool.provider, options.model));
    this.#call = trace ? (context) => trace.attempt(context as AttemptContext, () => call(context)) : call;
  }

  /** Runs from the beginning, or from the decision that a failed attempt led to. */
  async run(decision?: Decision): Promise<ExecutionResult<T>> {
    const { options, settings, provider } = this.terms;
    for (let next = decision; ;) {
      if (next?.next === 'give_up') return this.#fail(next.why);
      if (options.signal?.aborted) return this.#fail('cancelled');
      const context = this.#leaseAtOnce(next) ?? (await this.#leaseLater(next));
      if (!(context instanceof AttemptContext)) return this.#fail(context);
      context.attempt = this.attempts.length + 1;
      let end: AttemptEnd;
      try {
        const value = await runAttempt(this.#call, context, options, this.#endsAt, settings);
        const failed = failedEnd(context, value, provider.classifier, options.notFound);
        if (!failed) return this.#succeed(context, value);
        end = failed;
      } catch (error) {
        end = endOf(error);
      }
      next = await this.#failed(context, end);
    }
  }

  /** Continues after a first attempt that failed. */
  async continueAfter(context: AttemptContext, end: AttemptEnd): Promise<ExecutionResult<T>> {
    return this.run(await this.#failed(context, end));
  }

  get #now(): number {
    return this.terms.settings.clock.now();
  }

  /** Leases a key that may be used without any pause. Calls that wait already go first. */
  #leaseAtOnce(decision: Decision | undefined): AttemptContext | undefined {
    const { pool } = this.terms.provider;
    // Nothing has happened yet before the first attempt: one look at the clock does for both.
    const now = decision === undefined ? this.startedAt : this.#now;
    if (decision?.next === 'back_off' || this.#mustWait(now) || now >= this.#endsAt) return undefined;
    return leaseFor(pool, this.#target, this.#tried, now);
  }

  /** Whether other calls go first: those that wait already, or interactive ones that still come. */
  #mustWait(now: number): boolean {
    const { queue } = this.terms.provider;
    const isBatch = this.#agesInMs !== undefined;
    return queue.isWaiting(this.#target, isBatch) || (isBatch && !queue.courtesy.mayTake(this.#target, now));
  }

  /** Milliseconds until a batch call counts as interactive; undefined where it does by now, or always did. */
  get #agesInMs(): number | undefined {
    const { priority, maxWaitMs = DEFAULT_MAX_WAIT_MS } = this.terms.options;
    if (priority !== 'batch') return undefined;
    const leftMs = Math.min(MAX_AGE_MS, maxWaitMs / 2) - this.#waitedForKeysMs;
    return leftMs > 0 ? leftMs : undefined;
  }

  /** Makes the call fit an account, where only an estimate is too large. False where it can never fit. */
  #fits(): boolean {
    const { provider, options } = this.terms;
    const fitted = fitting(provider.pool, this.#target, options.certainTokens, this.#now);
    if (fitted) this.#target = fitted;
    return fitted !== undefined;
  }

  /** Leases a key after the pause or the wait that the decision asks for, or tells why the call fails. */
  async #leaseLater(decision: Decision | undefined): Promise<AttemptContext | FailureReason> {
    if (this.#isOver()) return 'deadline';
    if (decision?.next === 'other_account') return this.#waitForUnasked();
    if (this.terms.provider.pool.lacksPrice(this.#target)) return 'no_keys';
    if (this.#target.tokens && !this.#fits()) return 'too_large';
    const otherwise = decision?.next === 'other_key' ? decision.otherwise : undefined;
    if (otherwise === 'give_up') return 'rejected';
    if (otherwise === 'wait_for_busy' && !this.#mayBeFreed()) return 'rejected';
    if (decision?.next === 'back_off' || otherwise === 'back_off') {
      const ended = await this.#backOff();
      if (ended) return ended;
    }
    return this.#notThere ? this.#waitForUnasked() : (this.#leaseAgain() ?? this.#waitForKey());
  }

  /** Leases a key for a call that has tried keys already. */
  #leaseAgain(): AttemptContext | undefined {
    const { pool } = this.terms.provider;
    const now = this.#now;
    if (this.#tried === undefined || this.#mustWait(now)) return undefined;
    return leaseUntriedFirst(pool, { ...this.#target, tried: this.#tried }, now);
  }

  /** Backs off with full jitter; tells why the call fails if the stated wait does not fit into its time. */
  async #backOff(): Promise<FailureReason | undefined> {
    const { backoff, random } = this.terms.settings;
    const statedMs = this.#isKeyCoolingDown ? this.#nextKeyMs() : (this.#statedMs ?? 0);
    if (statedMs === Infinity) return 'no_keys';
    const before = this.#now;
    const leftMs = this.#endsAt - before;
    if (statedMs > 0 && statedMs >= leftMs) return 'deadline';
    if (statedMs > MAX_STATED_WAIT_MS) return 'exhausted';
    const ms = backoffMs(backoff, { retry: this.#retries - 1, statedMs, leftMs }, random);
    const end = await this.terms.provider.pauses.pause(ms, this.terms.options.signal);
    this.waitedMs += this.#now - before;
    if (end !== 'over') return end;
    return this.#isOver() ? 'deadline' : undefined;
  }

  /** Milliseconds until a key may be had; 0 where that may be at any moment. */
  #nextKeyMs(): number {
    const { model, endpoint, affinity } = this.#target;
    if (this.#mayBeFreed()) return 0;
    return Math.max(0, (this.terms.provider.pool.nextWake(model, endpoint, affinity) ?? Infinity) - this.#now);
  }

  #mayBeFreed(): boolean {
    const { model, endpoint, affinity } = this.#target;
    return this.terms.provider.pool.mayBeFreed(model, endpoint, affinity);
  }

  async #waitForKey(): Promise<AttemptContext | FailureReason> {
    const { pool, queue } = this.terms.provider;
    const { signal, maxWaitMs = DEFAULT_MAX_WAIT_MS } = this.terms.options;
    const now = this.#now;
    const agesInMs = this.#agesInMs;
    const endsAt = Math.min(this.#endsAt, now + maxWaitMs - this.#waitedForKeysMs);
    const waitMs = this.#nextKeyMs();
    if (waitMs === Infinity || now + waitMs > endsAt || endsAt <= now) return 'no_keys';
    const result = await queue.wait({
      ...this.#target,
      tried: this.#tried ?? NONE,
      endsAt,
      signal,
      agesAt: agesInMs === undefined ? undefined : now + agesInMs,
    });
    const waited = this.#now - now;
    this.waitedMs += waited;
    this.#waitedForKeysMs += waited;
    this.terms.settings.onWait?.(pool.provider, waited);
    if (result instanceof AttemptContext) {
      if (!signal?.aborted) return result;
      result.settle('cancelled');
      return 'cancelled';
    }
    // The limits became known only now.
    if (result === 'too_large' && this.#fits()) return this.#waitForKey();
    if (result !== 'timed_out' && result !== 'hopeless') return result;
    return result === 'timed_out' && this.#isOver() ? 'deadline' : 'no_keys';
  }

  #isOver(): boolean {
    return this.#endsAt !== Infinity && this.#now >= this.#endsAt;
  }

  #succeed(context: AttemptContext, response: T): ExecutionResult<T> {
    this.#refusals?.confirm(this.#now);
    return succeeded(this.terms, context, response, this.startedAt, this);
  }

  async #failed(context: AttemptContext, end: AttemptEnd): Promise<Decision> {
    const { classifier } = this.terms.provider;
    const { signal, notFound } = this.terms.options;
    const failure = await classifyEnd(end, { context, classifier, signal, now: this.#now, notFound });
    const decision = this.#settleFailure(context, end, failure);
    return end.kind === 'timed_out' && end.limit === 'call' ? { next: 'give_up', why: 'deadline' } : decision;
  }

  #settleFailure(context: AttemptContext, end: AttemptEnd, failure: CheckedClassification): Decision {
    const now = this.#now;
    const refusals = (this.#refusals ??= new Refusals());
    const sameRefusal = refusals.isShared(context, failure);
    const isWithheld = sameRefusal || mayBeShared(failure);
    const doubted = this.#isDoubted(context, failure, now);
    context.bookSeen(false);
    if (context.metered !== undefined && end.kind === 'thrown') context.metered.isUnsent = isUnsent(end.error);
    this.usage = addUsage(this.usage, context.usage);
    context.settleChecked(isWithheld || doubted ? { ...failure, withheld: isWithheld, doubted } : failure, now);
    if (isWithheld && !sameRefusal) refusals.withhold(context, failure);
    this.#learnTarget(context, failure);
    cancelResponseBody(this.#lastError);
    this.#lastError = end.kind === 'thrown' ? end.error : end.kind === 'value' ? end.value : undefined;
    this.#statedMs = failure.retryAfterMs;
    this.#isKeyCoolingDown = context.candidate.record.unavailableUntil > now;
    const report = attemptReport(context, failure.outcome, now, this.waitedMs, failure);
    this.waitedMs = 0;
    this.attempts.push(report);
    this.trace?.attemptEnded(report);
    this.followers?.onAttempt?.(this.terms.provider.pool.provider, report);
    (this.#tried ??= new Set()).add(context.keyId);
    this.#endpoint = context.endpoint;
    if (this.#target.affinity !== undefined) this.#affinity = whereTo(context);
    // A call that has lost time already waits for no tier, and for no account that it may do without.
    if (this.#target.spillsAt || this.#target.movesAt) this.#target = { ...this.#target, spillsAt: 0, movesAt: 0 };
    if (failure.notFoundHere === true && this.terms.options.asksAround) return this.#notFoundIn(context);
    const isRemovalDoubted = isDoubtableRemoval(failure) && !isRemoved(context.candidate.record.state);
    const decision = this.#decide(failure, sameRefusal, isRemovalDoubted);
    if (decision.next === 'give_up' || (decision.next === 'other_key' && !decision.costsRetry)) return decision;
    const { fault } = CONSEQUENCES[failure.outcome];
    // A vendor in trouble is not to be met with a storm of retries. One bad key among good ones is no such trouble.
    const isFree = this.#retries === 0 && this.terms.provider.pool.hasWellKeys(this.#target.model);
    if ((fault === 'vendor' || fault === 'network') && !isFree && !this.terms.provider.budget.take())
      return { next: 'give_up', why: 'exhausted' };
    this.#retries += 1;
    return decision;
  }

  /** The account does not have what the call names: none of its keys is asked again, and the call tries the next account. */
  #notFoundIn({ keyId, candidate: { record } }: AttemptContext): Decision {
    const { pool } = this.terms.provider;
    const tried = (this.#tried ??= new Set());
    const notThere = (this.#notThere ??= new Set());
    for (const id of [keyId, ...Array.from(pool.accounts.siblings(record), (sibling) => sibling.id)]) {
      tried.add(id);
      notThere.add(id);
    }
    this.asked += 1;
    const accounts = (this.#accountsAsked ??= new Set());
    accounts.add(record.account?.name ?? keyId);
    // Whatever account was waited for has answered.
    this.#target = { ...this.#target, affinity: undefined };
    const { most } = this.terms.options.asksAround!;
    // Only the answer shows that a key is of an account which was asked already.
    return accounts.size < most && this.asked < most * MOST_KEYS_PER_ACCOUNT
      ? { next: 'other_account' }
      : { next: 'give_up', why: 'rejected' };
  }

  /** Waits for the account that comes first of those that were not asked; the vendor's own answer says all where none does in time. */
  async #waitForUnasked(): Promise<AttemptContext | FailureReason> {
    const { pool } = this.terms.provider;
    const account = soonestUnasked(pool, this.#target.model, this.#notThere ?? NONE, this.#now);
    if (account === undefined) return 'rejected';
    this.#target = { ...this.#target, affinity: { kind: 'hard', account } };
    const result = await this.#waitForKey();
    return result === 'no_keys' || result === 'queue_full' || result === 'queue_slow' ? 'rejected' : result;
  }

  #decide(failure: CheckedClassification, sameRefusal: boolean, doubted: boolean): Decision {
    const { options, settings } = this.terms;
    return decide(failure, {
      retries: this.#retries,
      maxRetries: options.maxRetries ?? settings.maxRetries(),
      sameOutcome: this.attempts.filter(({ outcome }) => outcome === failure.outcome).length,
      transient: this.attempts.filter(({ outcome }) => isTransient(outcome)).length,
      sameRefusal,
      tableOnly: this.#tableOnly?.length,
      doubted,
    });
  }

  /**
   * Whether the removal that the failure asks for is not to be believed: only the status table is behind it, and another key of this call met the
   * same. Then the other key's removal is taken back as well.
   */
  #isDoubted(context: AttemptContext, failure: CheckedClassification, now: number): boolean {
    if (!isDoubtableRemoval(failure)) return false;
    const attempts = (this.#tableOnly ??= []);
    attempts.push(context);
    const others = attempts.filter(({ keyId }) => keyId !== context.keyId);
    for (const other of others) other.takeRemovalBack(now);
    return others.length > 0;
  }

  /** A call that names neither model nor endpoint learns from its first refusal what it is for, and waits for a key of that. */
  #learnTarget({ endpoint, candidate }: AttemptContext, failure: CheckedClassification): void {
    const named = candidate.record.serves(failure.model) ? failure.model : undefined;
    const { model = named } = this.#target;
    if (failure.outcome !== 'rate_limited' && this.#target.endpoint === undefined && endpoint !== undefined)
      this.#target = { ...this.#target, model, endpoint };
    else if (model !== this.#target.model) this.#target = { ...this.#target, model };
  }

  #fail(reason: FailureReason): ExecutionResult<T> {
    const { provider, options, settings } = this.terms;
    const now = this.#now;
    this.#refusals?.confirm(now);
    const error = callError(reason, {
      pool: provider.pool,
      target: this.#target,
      timeoutMs: options.timeoutMs,
      attempts: this.attempts,
      cause: this.#lastError,
      retryAfterMs: this.#statedMs,
      waiting: provider.queue.length,
      now,
    });
    const result: ExecutionResult<T> = {
      success: false,
      error,
      errorMessage: error.message,
      ...executionReport(provider.pool.provider, this.attempts, now - this.startedAt),
    };
    if (this.usage !== undefined) result.usage = this.usage;
    if (this.#affinity !== undefined) result.affinity = this.#affinity;
    options.onEnd?.(result);
    this.trace?.ended(result.attemptsMade, error.code, this.#affinity);
    const { model, endpoint = this.#endpoint } = this.#target;
    settings.onCallEnd?.(provider, result, false, model, this.asked, endpoint);
    return result;
  }
}
