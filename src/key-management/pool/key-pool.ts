import { ownWords } from '../classification/redaction/redact';
import type { Clock, Random } from '../common/clock';
import { isDoubtableRemoval } from '../classification/classify';
import { CONSEQUENCES, isTransient, type Outcome } from '../vendors/contract/outcome';
import type { HeaderView } from '../vendors/contract/rate-limits';
import { CallBatcher } from './call-batches';
import { CircuitBreaker, type BreakerStatus } from './circuit-breaker';
import type { PoolObserver } from './key-events';
import type { LeaseOptions, LeaseTarget } from './key/key-input';
import { PoolLease, type LeaseOwner } from './key-lease';
import type { KeyModelState, KeyRecord, PassedOver } from './key/key-record';
import { HEALTHY, isCoolingDown, isRemoved, type FailureStreak, type KeyState } from './key/key-state';
import { KeyStates } from './key-states';
import { beginTrial, endTrial } from './key/trial';
import { totalOf, type ExceededLimit, type UsedTokens } from './limits/expected-tokens';
import type { Sharing } from './limits/hard-limits';
import { learnRate, takeTurn } from './selection/choice';
import type { ModelIndex } from './selection/model-index';
import { DOUBTED_COOLDOWN_MS, evidenceOf, KEYS_IN_DOUBT, RemovalDoubt } from './state/removal-doubt';
import type { Settlement } from './state/settlement';
import {
  cooldownEnd,
  keyCooldown,
  laterCooldown,
  partCooldown,
  scopeOf,
  transition,
  withStatedWait,
} from './state/transition';

/** A call waits this long for another key before an ejected one is tried. Milliseconds. */
const MAX_WAIT_FOR_EJECTED_MS = 10_000;

const NO_OPTIONS: LeaseOptions = Object.freeze({});

/** A removal that only the status table asked for, and what it is taken back to. */
interface TableRemoval {
  readonly record: KeyRecord;
  readonly settlement: Settlement;
  readonly before: KeyState;
  readonly failureStreak: FailureStreak | undefined;
  /** The state that the removal made. A key that has another one by now was judged anew, by a probe or by a person. */
  readonly after: KeyState;
}

/** The keys of one provider as calls use them: chooses a key for each lease, and applies what each settled lease says. */
export class KeyPool extends KeyStates implements LeaseOwner {
  readonly #breaker: CircuitBreaker;
  readonly #doubt = new RemovalDoubt<TableRemoval>();
  readonly calls: CallBatcher;

  constructor(
    provider: string,
    observer: Omit<PoolObserver, 'callWaited' | 'callsOf'>,
    clock: Clock,
    private readonly random: Random,
    sharing: Readonly<Sharing> = { count: 1, rank: 0 },
  ) {
    super(provider, observer, clock, sharing);
    this.#breaker = new CircuitBreaker(clock.now(), () => observer.breakerChanged?.(provider, this.breakerStatus()));
    this.calls = new CallBatcher(() => observer.callsPending?.());
  }

  /** Chooses a key, or none where none is eligible. Synchronous, no I/O; the caller settles the lease exactly once. */
  lease(options: LeaseOptions = NO_OPTIONS, now = this.clock.now()): PoolLease | undefined {
    const candidate = this.take(options, options.exclude, now);
    const { model, endpoint, tokens } = options;
    return candidate && new PoolLease(this, candidate, model, 'call', now, endpoint, tokens);
  }

  /** Chooses a key as `lease` does, and books one use of it; the caller makes the lease. */
  take(target: LeaseTarget, exclude: PassedOver | undefined, now: number): KeyModelState | undefined {
    const { model, endpoint } = target;
    this.wake(now);
    if (!this.#breaker.admits(now)) return undefined;
    const index = this.indexes.forCall(model, now);
    const passedOver = endpoint === undefined ? exclude : this.parts.endpoints.passedOver(endpoint, exclude, now);
    let candidate = index.choose(passedOver, this.mean, now, this.random);
    if (!candidate && this.#readmitted(index, passedOver, now))
      candidate = index.choose(passedOver, this.mean, now, this.random);
    if (!candidate) return undefined;
    const { record } = candidate;
    takeTurn(record, this.mean, now);
    record.leased(now);
    candidate.inFlight += 1;
    this.accounts.callStarted(candidate, now);
    this.#breaker.passed(now);
    beginTrial(candidate, now);
    if (endpoint !== undefined) this.parts.endpoints.callStarted(record.id, endpoint, now);
    if (candidate.busy || candidate.blockedUntil(now) > now) this.placeGroup(record, now);
    return candidate;
  }

  /** When such a call fits an account at the soonest: 0 for at any moment, Infinity for never within a known limit. Milliseconds since the epoch. */
  availableAt({ model, endpoint }: LeaseTarget, now: number): number {
    if (!this.#breaker.isOpen(now) && this.#hasCandidate(model, endpoint, now)) return 0;
    return this.nextWake(model, endpoint) ?? Infinity;
  }

  /** The greatest limit that the call can never fit, if it can fit none of the accounts that may serve it. */
  excess(target: LeaseTarget, now: number): ExceededLimit | undefined {
    return this.accounts.excess(target, now);
  }

  /** Keeps the account that fits the call soonest for the call that waits with this ticket: calls without it pass over that account. */
  setAside(target: LeaseTarget, ticket: object, now: number): void {
    this.accounts.setAside(target, ticket, now);
  }

  /** Ends what `setAside` did. */
  giveBack(ticket: object): void {
    this.accounts.giveBack(ticket);
  }

  /** A lease of one certain key for a health check, whatever its state. */
  leaseForProbe(record: KeyRecord): PoolLease {
    return new PoolLease(this, record.candidates[0]!, undefined, 'probe', this.clock.now());
  }

  leaseMade(lease: PoolLease): void {
    this.openLeases.add(lease);
  }

  leaseAccepted(lease: PoolLease, now?: number): void {
    if (this.parts.endpoints.concerns(lease.endpoint))
      this.#endpointCallEnded(lease, lease.endpoint, true, now ?? this.clock.now());
    if (!lease.trial && this.#breaker.isCalm) return;
    const at = now ?? this.clock.now();
    if (lease.trial) {
      endTrial(lease.candidate, lease.startedAt, true);
      this.placeGroup(lease.candidate.record, at);
    }
    if (this.#breaker.accepted(at)) this.keyFreed();
  }

  answerSeen(lease: PoolLease, headers: HeaderView): void {
    if (lease.candidate.record.deleted) return;
    const now = this.clock.now();
    if (this.accounts.answerSeen(lease, headers, now)) this.placeGroup(lease.candidate.record, now);
  }

  tokensUsed({ candidate: { record } }: PoolLease, used: UsedTokens): void {
    const now = this.clock.now();
    const tokens = totalOf(used);
    if (!record.hardLimits || !(tokens > 0)) return;
    record.hardLimits.used(tokens, now);
    this.placeGroup(record, now);
  }

  settleLease(lease: PoolLease, given: Settlement, now = this.clock.now()): void {
    const { record } = lease.candidate;
    const isCall = lease.source === 'call';
    const isFailedCall = isCall && given.outcome !== 'ok';
    const stated = isFailedCall ? withStatedWait(given, now) : given;
    const settlement = isFailedCall && isDoubtableRemoval(stated) ? this.#weighed(record, stated, now) : stated;
    if (lease.model !== undefined) this.openLeases.remove(lease);
    if (isCall) this.#countCall(lease, settlement, now);
    else record.lastCheckedAt = now;
    const statesWait = stated !== given;
    const mayGo = isCall ? this.#callSeen(lease, settlement, statesWait, now) : this.#probeSeen(settlement, now);
    if (!record.deleted && settlement.withheld !== true) {
      this.#apply(lease, settlement, now);
      if (isCall) this.#compare(lease, settlement, now);
    }
    if (lease.candidate.availability !== 'eligible') this.placeGroup(record, now);
    if (this.parts.endpoints.concerns(lease.endpoint))
      this.#endpointCallEnded(lease, lease.endpoint, settlement.outcome === 'ok', now);
    if (mayGo) this.keyFreed();
    this.calls.settled(record, settlement.outcome, now - lease.startedAt, lease.source);
  }

  refusalConfirmed(lease: PoolLease, settlement: Settlement, now = this.clock.now()): void {
    const { record } = lease.candidate;
    if (record.deleted) return;
    this.#countRefusal(record, settlement.outcome, now);
    this.#apply(lease, settlement, now);
    this.placeGroup(record, now);
  }

  removalDoubted({ candidate: { record } }: PoolLease, now = this.clock.now()): void {
    for (const removal of this.#doubt.takeBack(record.id, now)) this.#takeBack(removal, now);
  }

  /** Whether a removal that only the status table asks for is believed. Where it is not, the key cools down instead. */
  #weighed(record: KeyRecord, settlement: Settlement, now: number): Settlement {
    const evidence = evidenceOf(settlement);
    const belief = this.#doubt.condemned(evidence, record.id, now);
    if (belief === 'begins') this.#doubtBegins(evidence, settlement, now);
    // Late answers to calls with a key that is being probed already say nothing new.
    const isInDoubt = record.state.status === 'cooling_down' && record.outcome === settlement.outcome;
    if (belief === 'believed' && settlement.doubted !== true && !isInDoubt) return settlement;
    return { ...settlement, keyAction: 'cool_down', doubted: true };
  }

  #doubtBegins(evidence: string, settlement: Settlement, now: number): void {
    const { outcome } = settlement;
    const event = { type: 'removals_doubted', outcome, reason: doubtReason(settlement), by: 'call' } as const;
    this.observer.removalsDoubted?.({ ...event, provider: this.provider, at: new Date(now) });
    for (const removal of this.#doubt.takeAllBack(evidence, now)) this.#takeBack(removal, now);
  }

  #takeBack({ record, settlement, before, failureStreak, after }: TableRemoval, now: number): void {
    if (record.deleted || record.state !== after) return;
    record.failureStreak = failureStreak;
    this.#coolDownInDoubt(record, before, settlement, now);
  }

  /** Cools a key down that was not believed to be at fault, from the state that it had or has, and has it probed: the probe decides. */
  #coolDownInDoubt(record: KeyRecord, state: KeyState, settlement: Settlement, now: number): void {
    if (isRemoved(state)) return;
    const asked = { ...settlement, cooldownMs: DOUBTED_COOLDOWN_MS, cooldownMaxMs: DOUBTED_COOLDOWN_MS };
    const cooldown = keyCooldown(asked, { outcome: settlement.outcome, count: 1, lastAt: now }, now);
    this.setState(record, laterCooldown(isCoolingDown(state) ? state : undefined, cooldown), 'call', settlement);
    if (record.enabled) this.observer.probeWanted?.(record);
  }

  /** Counts a settled call. */
  #countCall({ candidate, startedAt, trial, wasAccepted }: PoolLease, settlement: Settlement, now: number): void {
    const { record } = candidate;
    const { outcome } = settlement;
    const ok = outcome === 'ok';
    candidate.inFlight -= 1;
    record.inFlight -= 1;
    candidate.rateLimiter?.ended();
    if (record.hardLimits) record.hardLimits.inFlight -= 1;
    if (trial && !wasAccepted) endTrial(candidate, startedAt, ok);
    const tookMs = now - startedAt;
    record.countAttempt(outcome, tookMs);
    if (ok) {
      record.successCount += 1;
      record.succeeded(now, tookMs);
      learnRate(record, this.mean, true, now);
      candidate.rateLimiter?.succeeded();
    } else if (settlement.withheld !== true) this.#countRefusal(record, outcome, now);
  }

  /** Only a failure that is the key's own, or of unknown cause, counts against the key. */
  #countRefusal(record: KeyRecord, outcome: Outcome, now: number): void {
    const { fault } = CONSEQUENCES[outcome];
    if (fault !== 'key' && fault !== 'unknown') return;
    record.errorCount += 1;
    learnRate(record, this.mean, false, now);
  }

  /** Shows the circuit breaker what a call says of the vendor. True if those who wait should look again. */
  #callSeen(lease: PoolLease, settlement: Settlement, statesWait: boolean, now: number): boolean {
    const { outcome } = settlement;
    if (outcome === 'ok' && this.#breaker.isSpotless) return false;
    const statedUntil = statesWait ? cooldownEnd(settlement, 1, now, true) : 0;
    const { keyId, startedAt, wasAccepted } = lease;
    return this.#breaker.settled({ outcome, keyId, startedAt, statedUntil, wasAccepted }, now);
  }

  #probeSeen({ outcome, unproven }: Settlement, now: number): boolean {
    return outcome === 'ok' && !unproven && this.#breaker.probed(now);
  }

  /** Does to the key, for one model or endpoint or as a whole, what the settlement says. */
  #apply(lease: PoolLease, settlement: Settlement, now: number): void {
    const { candidate, source, startedAt } = lease;
    const { record } = candidate;
    const { outcome } = settlement;
    if (source === 'call') {
      if (settlement.doubted === true) {
        for (const removal of this.#doubt.takeBack(record.id, now)) this.#takeBack(removal, now);
        this.#coolDownInDoubt(record, record.state, settlement, now);
        return;
      }
      if (outcome === 'rate_limited') this.accounts.refused(lease, now);
      if (outcome === 'ok') {
        const { failureStreak: ended } = candidate;
        if (ended !== undefined && startedAt > ended.lastAt) candidate.failureStreak = undefined;
        if (record.failureStreak === undefined && record.state === HEALTHY) return;
      } else if (settlement.keyAction === 'cool_down' && this.#coolDownPart(lease, settlement, now)) return;
    }
    const { state: before, failureStreak: streakBefore } = record;
    const circumstances = { source, now, startedAt, failureStreak: streakBefore, cause: record.outcome };
    const { state, failureStreak } = transition(before, settlement, circumstances);
    record.failureStreak = failureStreak;
    // A probe that said nothing on the key does not explain why it is away.
    const isSilent = settlement.keyAction === 'keep' && isRemoved(state);
    const summary = isSilent ? { outcome: record.outcome ?? outcome, reason: record.reason } : settlement;
    this.setState(record, state, source, summary);
    if (source === 'call' && isRemoved(state) && !isRemoved(before) && isDoubtableRemoval(settlement)) {
      const removal = { record, settlement, before, failureStreak: streakBefore, after: state };
      this.#doubt.removed(evidenceOf(settlement), record.id, removal);
    }
    if (!isCoolingDown(state) || !failureStreak || outcome !== 'rate_limited') return;
    // For as long as this refusal asks: the key itself may cool down longer, for a reason that is its own.
    const cooldown = keyCooldown(settlement, failureStreak, now);
    for (const sibling of this.siblings(record)) {
      if (sibling.unavailableUntil >= cooldown.until) continue;
      const known = isCoolingDown(sibling.state) ? sibling.state : undefined;
      this.setState(sibling, laterCooldown(known, cooldown), source, settlement);
    }
  }

  /** Cools the key down for one model or endpoint, if the refusal speaks of that. False where it speaks of the whole key. */
  #coolDownPart(lease: PoolLease, settlement: Settlement, now: number): boolean {
    const scope = scopeOf(settlement, lease);
    if (scope === undefined || scope === 'unplaced') return false;
    const { record } = lease.candidate;
    const { source, startedAt } = lease;
    const { reason } = settlement;
    const known = this.parts.get(record, scope)?.failureStreak;
    const circumstances = { source, now, startedAt, failureStreak: known };
    const { cooldown, failureStreak } = partCooldown(settlement, scope, circumstances);
    this.coolDown(record, scope, cooldown, source, { reason, failureStreak });
    if (settlement.outcome === 'rate_limited')
      for (const sibling of this.siblings(record)) this.coolDown(sibling, scope, cooldown, source, { reason });
    return true;
  }

  /** Compares the key with the others: a key that fails alone is chosen less, and then ejected for a while. */
  #compare({ candidate, model, startedAt, trial }: PoolLease, { outcome }: Settlement, now: number): void {
    const { record } = candidate;
    if (outcome === 'ok') {
      if (this.outliers.isWatching) this.outliers.succeeded(record, now);
      return;
    }
    if (!isTransient(outcome)) return;
    const found = this.outliers.failed(record, startedAt, trial, now);
    if (found.kind === 'alike') return;
    learnRate(record, this.mean, false, now);
    if (found.kind === 'worse' || record.unavailableUntil > now) return;
    // Never more than half of the keys that could serve the call.
    if (this.indexes.forCall(model, now).inUse - 1 < this.outliers.ejected().size + 1) return;
    const until = this.outliers.eject(record, now);
    const reason = ownWords`outlier: ${found.failed} of its latest ${found.of} calls failed, other keys answered`;
    this.setState(record, { status: 'cooling_down', until }, 'call', { outcome, reason });
  }

  /** Ejecting a key is a guess: where no other key can be had for long, the first ejected one is let back. True if one was. */
  #readmitted(index: ModelIndex, exclude: PassedOver | undefined, now: number): boolean {
    if (!this.outliers.isWatching || index.hasCandidate) return false;
    if ((index.nextWake ?? 0) <= now + MAX_WAIT_FOR_EJECTED_MS) return false;
    let first: KeyRecord | undefined;
    for (const record of this.outliers.ejected()) {
      if (!record.enabled || !record.serves(index.model) || exclude?.has(record.id)) continue;
      if (record.candidates[index.ordinal]!.cooldownUntil > now) continue;
      if (!first || record.unavailableUntil < first.unavailableUntil) first = record;
    }
    if (first) this.setState(first, HEALTHY, 'time');
    return first !== undefined;
  }

  #endpointCallEnded({ candidate, startedAt }: PoolLease, endpoint: string, success: boolean, now: number): void {
    this.parts.endpoints.callEnded(candidate.record.id, endpoint, startedAt, success, now);
    this.keyFreed();
  }

  /** When the next cooldown, trial or pause ends that a call for this model and endpoint could wait for. Milliseconds since the epoch. */
  nextWake(model: string | undefined, endpoint?: string): number | undefined {
    const now = this.clock.now();
    const wake = this.parts.endpoints.concerns(endpoint)
      ? finite(this.#availableAt(endpoint, model, now))
      : this.indexes.forCall(model, now).nextWake;
    const admitsAt = this.#breaker.admitsAt(now);
    if (admitsAt === undefined) return wake;
    return Math.max(admitsAt, this.#hasCandidate(model, endpoint, now) ? 0 : (wake ?? Infinity));
  }

  /** A key for this model and endpoint can be had now, or may be at any moment: it is in use, or being checked. */
  mayBeFreed(model: string | undefined, endpoint?: string): boolean {
    const now = this.clock.now();
    return !this.#breaker.isOpen(now) && this.#hasCandidate(model, endpoint, now);
  }

  #hasCandidate(model: string | undefined, endpoint: string | undefined, now: number): boolean {
    if (this.parts.endpoints.concerns(endpoint)) return this.#availableAt(endpoint, model, now) === 0;
    return this.indexes.forCall(model, now).hasCandidate;
  }

  #availableAt(endpoint: string, model: string | undefined, now: number): number {
    const { ordinal } = this.indexes.forCall(model, now);
    return this.parts.endpoints.availableAt(endpoint, this.records(), ordinal, now);
  }

  /** Some key can be had at once of which nothing speaks against its vendor: a failed call may be made again with it without harm. */
  hasWellKeys(model: string | undefined): boolean {
    const now = this.clock.now();
    return this.#breaker.admits(now) && this.indexes.forCall(model, now).eligible > this.outliers.failing;
  }

  /** The present state of the provider's circuit breaker. */
  breakerStatus(now = this.clock.now()): BreakerStatus {
    return this.#breaker.status(now);
  }
}

function doubtReason({ outcome, status, reason }: Settlement): string {
  const words = new Set([status === undefined ? outcome : `HTTP ${status}`, reason]);
  const answer = Array.from(words).filter(Boolean).join(': ');
  return `${KEYS_IN_DOUBT} keys met the same answer within a minute, and no rule knows it (${answer}): no key is removed for it, probes decide.`;
}

const finite = (time: number): number | undefined => (time === Infinity ? undefined : time);
