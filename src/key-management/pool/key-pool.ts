import type { Clock, Random } from '../common/clock';
import { isDoubtableRemoval } from '../classification/classify';
import { CONSEQUENCES, isTransient, type Outcome } from '../vendors/contract/outcome';
import type { HeaderView } from '../vendors/contract/rate-limits';
import type { Usage } from '../usage/usage';
import { CallBatcher } from './call-batches';
import { CircuitBreaker, type BreakerStatus } from './circuit-breaker';
import type { PoolObserver } from './key-events';
import { Outlook } from './outlook';
import { DoubtedRemovals } from './doubted-removals';
import { Ejections } from './ejections';
import { FittingKeys } from './fitting-keys';
import type { AffinityTarget } from './key/affinity-target';
import type { LeaseOptions, LeaseTarget } from './key/key-input';
import { PoolLease, type LeaseOwner } from './key-lease';
import type { KeySnapshot } from './key/key-snapshot';
import type { KeyModelState, KeyRecord, PassedOver } from './key/key-record';
import { HEALTHY, isCoolingDown, isRemoved } from './key/key-state';
import { KeyStates } from './key-states';
import { beginTrial, endTrial } from './key/trial';
import { exceededBy } from './account-demand';
import type { ExceededLimit, UsedTokens } from './limits/expected-tokens';
import type { Sharing } from './limits/hard-limits';
import { takeTurn } from './selection/choice';
import type { ProviderPause } from './provider-pauses';
import type { ModelIndex } from './selection/model-index';
import type { Settlement } from './state/settlement';
import { cooldownEnd, laterCooldown, partCooldown, scopeOf, transition } from './state/transition';

const NO_OPTIONS: LeaseOptions = Object.freeze({});

/** The keys of one provider as calls use them: chooses a key for each lease, and applies what each settled lease says. */
export class KeyPool extends KeyStates implements LeaseOwner {
  readonly #breaker: CircuitBreaker;
  readonly #doubted: DoubtedRemovals;
  readonly #ejections: Ejections;
  readonly #outlook: Outlook;
  readonly #fitting: FittingKeys;
  readonly calls: CallBatcher;
  /** How long a call waits for a lower tier before it takes the next; milliseconds. Calls that cannot wait take it at once. */
  spillAfterMs = 0;
  /** How long a call waits for the account that it prefers before it takes a key of the next; milliseconds. Calls that cannot wait take it at once. */
  affinityMaxWaitMs = 2_000;
  /** It was opened at run time, and is being closed. */
  isClosing = false;
  #pause: ProviderPause | undefined = undefined;
  /** Until when the provider is paused, milliseconds since the epoch; 0 where it is not. */
  #pausedUntil = 0;

  constructor(
    provider: string,
    observer: Omit<PoolObserver, 'callWaited' | 'callsOf'>,
    clock: Clock,
    private readonly random: Random,
    sharing: Readonly<Sharing> = { count: 1, rank: 0 },
  ) {
    super(provider, observer, clock, sharing);
    this.#breaker = new CircuitBreaker(clock.now(), () => observer.breakerChanged?.(provider, this.breakerStatus()));
    this.#doubted = new DoubtedRemovals(this, observer);
    const { indexes, outliers, mean } = this;
    this.#ejections = new Ejections(this, { indexes, outliers, mean });
    const { accounts, affinities, parts } = this;
    this.#fitting = new FittingKeys(accounts);
    this.#outlook = new Outlook({ accounts, affinities, indexes, endpoints: parts.endpoints, breaker: this.#breaker });
    this.calls = new CallBatcher(
      () => observer.callsPending?.(),
      () => clock.now(),
    );
  }

  /** The pause that an administrator asked for. While it lasts no key is lent to a call, and none is expected to come. */
  set pause(pause: ProviderPause | undefined) {
    this.#pause = pause;
    this.#pausedUntil = pause?.until ?? 0;
  }

  /** The pause that is in force at `now`; undefined for none. */
  pauseAt(now: number): ProviderPause | undefined {
    return this.#pausedUntil > now ? this.#pause : undefined;
  }

  /** The key as others may see it now, with all that its calls used. */
  override snapshot(record: KeyRecord): KeySnapshot {
    this.calls.flush();
    return super.snapshot(record);
  }

  /** A call that was counted as one that states nothing said afterwards what it used. */
  usedLate(lease: PoolLease, usage: Usage): void {
    const { record } = lease.candidate;
    this.calls.usedLate({ record, model: lease.model ?? lease.answeringModel, usage });
    if (this.accounts.meters.usedLate(lease, usage, this.clock.now())) this.placeGroup(record);
  }

  /** Chooses a key, or none where none is eligible. Synchronous, no I/O; the caller settles the lease exactly once. */
  lease(
    options: LeaseOptions & Pick<LeaseTarget, 'affinity'> = NO_OPTIONS,
    now = this.clock.now(),
  ): PoolLease | undefined {
    const candidate = this.#take(options, options.exclude, now, false);
    const { model, endpoint, tokens } = options;
    return candidate && new PoolLease(this, candidate, model, 'call', now, endpoint, tokens);
  }

  /** Chooses a key for a call that can wait, and books one use of it; the caller makes the lease. An account that is new gets a few calls first. */
  take(target: LeaseTarget, exclude: PassedOver | undefined, now: number): KeyModelState | undefined {
    return this.#take(target, exclude, now, true);
  }

  #take(
    target: LeaseTarget,
    exclude: PassedOver | undefined,
    now: number,
    canWait: boolean,
  ): KeyModelState | undefined {
    const { model, endpoint } = target;
    this.wake(now);
    if (this.#pausedUntil > now || !this.#breaker.admits(now)) return undefined;
    if (this.accounts.meters.allBlockedFor(target, now) > now) return undefined;
    const index = this.indexes.forCall(model, now);
    const passedOver = endpoint === undefined ? exclude : this.parts.endpoints.passedOver(endpoint, exclude, now);
    let candidate = this.#choose(index, target, passedOver, now, canWait);
    if (!candidate && this.#ejections.readmitted(index, passedOver, now))
      candidate = this.#choose(index, target, passedOver, now, canWait);
    if (target.affinity?.kind === 'hard') this.#needsAccount(target.affinity.account, now);
    if (!candidate) {
      if (canWait) this.accounts.parts.missed(target.tokens, now);
      return undefined;
    }
    const { record } = candidate;
    takeTurn(record, this.mean, now);
    this.accounts.meet(record, now);
    record.leased(now);
    candidate.inFlight += 1;
    this.#breaker.passed(now);
    beginTrial(candidate, now);
    if (endpoint !== undefined) this.parts.endpoints.callStarted(record.id, endpoint, now);
    return candidate;
  }

  #choose(
    index: ModelIndex,
    target: LeaseTarget,
    exclude: PassedOver | undefined,
    now: number,
    canWait: boolean,
  ): KeyModelState | undefined {
    const fitting = this.accounts.isChoosy(now) ? this.#fitting.to(target, now, canWait) : undefined;
    if (target.affinity !== undefined) return this.affinities.choose(target, index, exclude, now, fitting);
    return index.choose(exclude, this.mean, now, this.random, fitting?.fits, target.spillsAt);
  }

  /** Some account has a limit of tokens, stated or known: what calls take is worth estimating. */
  get limitsTokens(): boolean {
    return this.accounts.limitsTokens;
  }

  /** Whether another such call would fit beside this one: in the same account, or in a second one. */
  hasRoomForMore(target: LeaseTarget, now: number): boolean {
    this.wake(now);
    let first: object | undefined;
    for (const candidate of this.indexes.forCall(target.model, now).candidates) {
      if (this.accounts.blockedFor(candidate, target, now, true) > now) continue;
      const { rateLimiter, record } = candidate;
      const { account = record, hardLimits } = record;
      if (first !== undefined && first !== account) return true;
      first = account;
      const isScarce =
        rateLimiter?.hasRoomForTwo(target.tokens, now) === false ||
        hardLimits?.hasRoomForTwo(target.tokens, now) === false;
      if (!isScarce) return true;
    }
    return false;
  }

  /** The greatest limit that the call can never fit, if it can fit none of the accounts that may serve it. */
  excess({ model, tokens, affinity }: LeaseTarget, now: number): ExceededLimit | undefined {
    if (tokens === undefined || !this.limitsTokens) return undefined;
    const { ordinal } = this.indexes.forCall(model, now);
    let greatest: ExceededLimit | undefined;
    for (const record of this.affinities.keysFor(affinity)) {
      if (!record.serves(model) || !record.enabled) continue;
      const exceeded = exceededBy(tokens, record.candidates[ordinal]!);
      if (exceeded === undefined) return undefined;
      if (greatest === undefined || exceeded.limit > greatest.limit) greatest = exceeded;
    }
    return greatest;
  }

  /** No key may serve such a call: budgets in US dollars count it, and its price is not known. */
  lacksPrice({ model, affinity }: LeaseTarget): boolean {
    return this.accounts.meters.lackPrice(model, this.affinities.keysFor(affinity));
  }

  /** Keeps the account that fits the call soonest for the call that waits as this holder: other calls pass over that account. */
  setAside(target: LeaseTarget, holder: object, now: number): void {
    if (this.accounts.keepsFor(holder)) return;
    const { ordinal } = this.indexes.forCall(target.model, now);
    let soonest: KeyModelState | undefined;
    let soonestAt = Infinity;
    for (const record of this.affinities.keysFor(target.affinity)) {
      const candidate = record.candidates[ordinal]!;
      if (candidate.availability === 'out') continue;
      const at = Math.max(
        this.accounts.blockedFor(candidate, target, now, true),
        record.unavailableUntil,
        candidate.cooldownUntil,
      );
      if (at < soonestAt) [soonest, soonestAt] = [candidate, at];
    }
    if (soonest) this.accounts.keep(soonest, holder);
  }

  /** Ends what `setAside` did. */
  giveBack(holder: object): void {
    this.accounts.giveBack(holder);
  }

  /** A lease of one certain key for a health check, whatever its state. */
  leaseForProbe(record: KeyRecord): PoolLease {
    return new PoolLease(this, record.candidates[0]!, undefined, 'probe', this.clock.now());
  }

  leaseMade(lease: PoolLease): void {
    const { candidate, startedAt } = lease;
    if (lease.model !== undefined) this.openLeases.add(lease);
    if (!candidate.isLimited && !candidate.onTrial) return;
    this.accounts.callStarted(lease, startedAt);
    if (candidate.busy || candidate.blockedUntil(startedAt) > startedAt) this.placeGroup(candidate.record, startedAt);
  }

  leaseAccepted(lease: PoolLease, now?: number): void {
    this.#endpointCallEnded(lease, true, now);
    if (this.accounts.accepted(lease.candidate.record) && this.accounts.parts.takeMissed()) this.keyFreed();
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
    if (!this.accounts.answerSeen(lease, headers, now)) return;
    this.#limitsSeen(lease.candidate, now);
  }

  tokensUsed(lease: PoolLease, used: UsedTokens): void {
    const { candidate, metered } = lease;
    if (!candidate.isLimited && metered === undefined) return;
    const now = this.clock.now();
    this.accounts.used(lease, used, now);
    this.#limitsSeen(candidate, now);
  }

  /** More is known of what is left of the key's limits: it may have to wait, or calls that wait may go. */
  #limitsSeen(candidate: KeyModelState, now: number): void {
    if (candidate.availability !== 'eligible' || candidate.busy || candidate.blockedUntil(now) > now)
      this.placeGroup(candidate.record, now);
    if (this.accounts.parts.takeMissed()) this.keyFreed();
  }

  settleLease(lease: PoolLease, settlement: Settlement, now: number): void {
    const { record } = lease.candidate;
    const isOk = settlement.outcome === 'ok';
    if (lease.model !== undefined) this.openLeases.remove(lease);
    if (lease.metered !== undefined) this.accounts.meters.ended(lease, settlement.outcome, now);
    let mayGo: boolean;
    if (lease.source === 'probe') mayGo = this.#probeEnded(lease, settlement, now);
    else mayGo = isOk ? this.#callSucceeded(lease, settlement, now) : this.#callFailed(lease, settlement, now);
    if (lease.candidate.availability !== 'eligible' || lease.metered !== undefined) this.placeGroup(record, now);
    this.#endpointCallEnded(lease, isOk, now);
    if (isOk && lease.source === 'call' && !lease.wasAccepted) this.accounts.accepted(record);
    if (mayGo || this.accounts.parts.takeMissed()) this.keyFreed();
    const isBilled = lease.source === 'call' && (isOk || lease.usage !== undefined || lease.wasAccepted);
    this.calls.settled(record, settlement.outcome, now - lease.startedAt, lease.source, isBilled ? lease : undefined);
  }

  refusalConfirmed(lease: PoolLease, settlement: Settlement, now: number): void {
    const { record } = lease.candidate;
    if (record.deleted || isOutdated(lease, settlement)) return;
    this.#countRefusal(record, settlement.outcome, now);
    this.asOne(() => this.#refused(lease, settlement, now));
    this.placeGroup(record, now);
  }

  removalDoubted({ candidate: { record } }: PoolLease, now: number): void {
    this.#doubted.takeBack(record, now);
  }

  /** Whether removals are doubted now. @param now Milliseconds since the epoch. */
  doubtsRemovals(now: number): boolean {
    return this.#doubted.holds(now);
  }

  /** All that a good answer does. On the hot path. True if those who wait should look again, as for the next two. */
  #callSucceeded(lease: PoolLease, settlement: Settlement, now: number): boolean {
    const { candidate, startedAt } = lease;
    const { record } = candidate;
    this.#callEnded(lease, true, now);
    record.successCount += 1;
    record.succeeded(now, now - startedAt);
    record.learn(true, this.mean, now);
    const mayGo = !this.#breaker.isSpotless && this.#vendorSeen(lease, settlement, now);
    if (record.deleted || isOutdated(lease, settlement)) return mayGo;
    const { failureStreak: ended } = candidate;
    if (ended !== undefined && startedAt > ended.lastAt) candidate.failureStreak = undefined;
    if (record.failureStreak !== undefined || record.state !== HEALTHY) this.#become(lease, settlement, now);
    if (this.outliers.isWatching) this.outliers.succeeded(record, now);
    return mayGo;
  }

  #callFailed(lease: PoolLease, given: Settlement, now: number): boolean {
    const { record } = lease.candidate;
    const outdated = isOutdated(lease, given);
    const settlement = isDoubtableRemoval(given) && !outdated ? this.#doubted.weighed(record, given, now) : given;
    const { outcome, withheld } = settlement;
    this.#callEnded(lease, false, now);
    record.failed(outcome);
    if (withheld !== true) this.#countRefusal(record, outcome, now);
    const mayGo = this.#vendorSeen(lease, settlement, now);
    if (record.deleted || outdated || withheld === true) return mayGo;
    this.asOne(() => this.#refused(lease, settlement, now));
    if (isTransient(outcome)) this.#ejections.callFailed(lease, outcome, now);
    return mayGo;
  }

  #probeEnded(lease: PoolLease, settlement: Settlement, now: number): boolean {
    const { record } = lease.candidate;
    record.lastCheckedAt = now;
    const mayGo = settlement.outcome === 'ok' && !settlement.unproven && this.#breaker.probed(now);
    if (!record.deleted && !isOutdated(lease, settlement) && settlement.withheld !== true)
      this.asOne(() => this.#become(lease, settlement, now));
    return mayGo;
  }

  /** The call is in flight no longer, and is no trial. */
  #callEnded(lease: PoolLease, success: boolean, now: number): void {
    const { candidate, startedAt, trial, wasAccepted } = lease;
    const { hardLimits } = candidate.record;
    candidate.inFlight -= 1;
    if (candidate.rateLimiter !== undefined || hardLimits !== undefined) {
      if (hardLimits) hardLimits.inFlight -= 1;
      this.accounts.callEnded(lease, success, now);
    }
    if (trial && !wasAccepted) endTrial(candidate, startedAt, success);
  }

  /** Shows the circuit breaker what a call says of the vendor. True if those who wait should look again. */
  #vendorSeen({ keyId, startedAt, wasAccepted }: PoolLease, settlement: Settlement, now: number): boolean {
    const { outcome, asksToWait } = settlement;
    const statedUntil = asksToWait ? cooldownEnd(settlement, 1, now, true) : 0;
    return this.#breaker.settled({ outcome, keyId, startedAt, statedUntil, wasAccepted }, now);
  }

  /** Only a failure that is the key's own, or of unknown cause, counts against the key. */
  #countRefusal(record: KeyRecord, outcome: Outcome, now: number): void {
    const { fault } = CONSEQUENCES[outcome];
    if (fault !== 'key' && fault !== 'unknown') return;
    record.errorCount += 1;
    record.learn(false, this.mean, now);
  }

  /** Does to the key, for one model or endpoint or as a whole, what the failure of a call asks for. */
  #refused(lease: PoolLease, settlement: Settlement, now: number): void {
    if (settlement.doubted === true) {
      this.#doubted.coolDown(lease.candidate.record, settlement, now);
      return;
    }
    if (settlement.outcome === 'rate_limited') this.accounts.refused(lease, settlement, now);
    else if (settlement.outcome === 'quota_exceeded') this.accounts.refusalSeen(lease, settlement, now);
    if (settlement.keyAction !== 'cool_down' || !this.#coolDownPart(lease, settlement, now))
      this.#become(lease, settlement, now);
  }

  /** Gives the key the state that the settlement makes of its present one, and cools those down that share its limits. */
  #become({ candidate: { record }, source, startedAt }: PoolLease, settlement: Settlement, now: number): void {
    const { state: before, failureStreak: streakBefore } = record;
    const circumstances = { source, now, startedAt, failureStreak: streakBefore, cause: record.outcome };
    const { state, failureStreak, cooldown } = transition(before, settlement, circumstances);
    record.failureStreak = failureStreak;
    // A probe that said nothing on the key does not explain why it is away.
    const isSilent = settlement.keyAction === 'keep' && isRemoved(state);
    const summary = isSilent ? { outcome: record.outcome ?? settlement.outcome, reason: record.reason } : settlement;
    this.setState(record, state, source, summary);
    if (source === 'call' && isRemoved(state) && !isRemoved(before) && isDoubtableRemoval(settlement))
      this.#doubted.removed({ record, settlement, before, failureStreak: streakBefore, after: state });
    if (settlement.outcome === 'quota_exceeded' && isRemoved(state) && !isRemoved(before) && !settlement.doubted)
      this.#suspectSiblings(record, settlement, now);
    if (cooldown === undefined || settlement.outcome !== 'rate_limited') return;
    // For as long as this refusal asks: the key itself may cool down longer, for a reason that is its own.
    for (const sibling of this.siblings(record)) {
      if (sibling.unavailableUntil >= cooldown.until) continue;
      const other = isCoolingDown(sibling.state) ? sibling.state : undefined;
      this.setState(sibling, laterCooldown(other, cooldown), source, settlement);
    }
  }

  /**
   * The account's quota is used up by what one of its keys was told: each other key cools down, and a probe decides, not a call. One that was not
   * checked yet waits for that anyway, and its cooldown would end as if it had been.
   */
  #suspectSiblings(record: KeyRecord, settlement: Settlement, now: number): void {
    if (isDoubtableRemoval(settlement)) return;
    for (const sibling of this.siblings(record))
      if (sibling.enabled && !sibling.isUnchecked && !isRemoved(sibling.state) && !sibling.probing)
        this.#doubted.coolDown(sibling, settlement, now);
  }

  /** Cools the key down for one model or endpoint, if the refusal speaks of that. False where it speaks of the whole key. */
  #coolDownPart(lease: PoolLease, settlement: Settlement, now: number): boolean {
    const scope = scopeOf(settlement, lease);
    if (scope === undefined || scope === 'unplaced') return false;
    if (settlement.outcome === 'rate_limited' && scope.model !== undefined && !this.accounts.countsPerModel)
      return false;
    const { candidate, source, startedAt } = lease;
    const { record } = candidate;
    const { reason } = settlement;
    const known = this.parts.get(record, scope)?.failureStreak;
    const circumstances = { source, now, startedAt, failureStreak: known };
    const { cooldown, failureStreak } = partCooldown(settlement, scope, circumstances);
    this.coolDown(record, scope, cooldown, source, { reason, failureStreak });
    if (settlement.outcome === 'rate_limited')
      for (const sibling of this.siblings(record)) this.coolDown(sibling, scope, cooldown, source, { reason });
    return true;
  }

  /** A call ended, or the vendor accepted it: tells whether its endpoint, if keys cool down for that, is well. */
  #endpointCallEnded({ candidate, startedAt, endpoint }: PoolLease, success: boolean, now = this.clock.now()): void {
    if (!this.parts.endpoints.concerns(endpoint)) return;
    this.parts.endpoints.callEnded(candidate.record.id, endpoint, { startedAt, success, now });
    this.keyFreed();
  }

  /**
   * When such a call fits an account at the soonest, as far as is known: 0 for now or at any moment, Infinity where no key is expected to come.
   * Milliseconds since the epoch.
   */
  availableAt(target: LeaseTarget, now: number): number {
    return this.#pausedUntil > now ? Infinity : this.#outlook.availableAt(target, now);
  }

  /**
   * When the next cooldown, trial or pause ends that a call for this model and endpoint could wait for; with a soft affinity, that is any.
   * Milliseconds since the epoch.
   */
  nextWake(model: string | undefined, endpoint?: string, affinity?: AffinityTarget): number | undefined {
    const now = this.clock.now();
    return this.#pausedUntil > now ? undefined : this.#outlook.nextWake({ model, endpoint, affinity }, now);
  }

  /** A key for this model and endpoint can be had now, or may be at any moment: it is in use, or being checked. */
  mayBeFreed(model: string | undefined, endpoint?: string, affinity?: AffinityTarget): boolean {
    const now = this.clock.now();
    return this.#pausedUntil <= now && this.#outlook.mayBeFreed({ model, endpoint, affinity }, now);
  }

  #needsAccount(account: string, now: number): void {
    const member = this.affinities.memberOf(account);
    if (member) this.accounts.parts.needed(member, now);
  }

  /** The keys that may serve such a call, as far as its affinity goes. */
  keysFor({ affinity }: LeaseTarget): Iterable<KeyRecord> {
    return this.affinities.keysFor(affinity);
  }

  /** The name of the account that a call with this affinity prefers or is bound to; undefined where it is free. */
  accountFor({ affinity, model }: LeaseTarget, now: number): string | undefined {
    return affinity && this.affinities.accountOf(affinity, this.indexes.forCall(model, now));
  }

  /** The key that was taken last for a call with a soft affinity is in another account than the one that the call prefers. */
  get hasMoved(): boolean {
    return this.affinities.hasMoved;
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

/**
 * Whether what an old token met says nothing on the key, which has a new one by now. The short-lived tokens of one key share everything but
 * their validity.
 */
const isOutdated = ({ key, candidate: { record } }: PoolLease, { outcome }: Settlement): boolean =>
  key !== record.key && (record.tokens === undefined || outcome === 'invalid_key');
