import { ownWords } from '../classification/redaction/redact';
import type { Clock, Random } from '../common/clock';
import { isTransient } from '../vendors/contract/outcome';
import { CircuitBreaker, type BreakerStatus } from './circuit-breaker';
import { learnRate, newMean, noteWeight, takeTurn } from './selection/choice';
import type { ApiKey } from './key/api-key';
import { cooldownLeft, longerCooldown, type CooldownScope } from './state/cooldown';
import {
  type Cooldown,
  type CooledBy,
  HEALTHY,
  isCooldownOver,
  isCoolingDown,
  isSameState,
  type KeyState,
  type KeyStatus,
  type FailureStreak,
} from './key/key-state';
import { Cooldowns } from './state/cooldowns';
import { EndpointCooldowns } from './state/endpoint-cooldowns';
import { type PassedOver, KeyRecord } from './key/key-record';
import { keyEvent, statusChange, type ChangedBy, type KeyChange } from './key-events';
import type { KeyInput, KeyOrigin, KeyUpdate, LeaseOptions } from './key/key-input';
import type { Sharing } from './limits/hard-limits';
import type { HeaderView } from '../vendors/contract/vendor';
import { PoolLease, type LeaseOwner } from './key-lease';
import { snapshotOf, type KeySnapshot } from './key/key-snapshot';
import type { ModelIndex } from './selection/model-index';
import { ModelIndexes } from './selection/model-indexes';
import { CallBatcher } from './call-batches';
import { OpenLeases } from './open-leases';
import { OutlierDetection } from './state/outlier-detection';
import type { PoolObserver } from './pool-observer';
import { PoolPacing } from './pool-pacing';
import type { Settlement, Why } from './state/settlement';
import type { KeyModelState } from './key/key-model-state';
import { cooldownEnd, withStatedWait } from './state/transition';
import { beginTrial, endTrial } from './key/trial';
import { applyVerdict, countCall, countRefusal } from './apply-settlement';

const NO_STRIKES: FailureStreak = Object.freeze({ outcome: 'overloaded', count: 1, at: 0 });
/** A call waits so long for another key before an ejected one is tried. Milliseconds. */
const PATIENCE_MS = 10_000;

/** All keys of one provider: who is chosen, and what each verdict does. The only writer of their state. */
export class KeyPool implements LeaseOwner {
  readonly #records = new Map<string, KeyRecord>();
  readonly #lanes: ModelIndexes;
  readonly #breaker: CircuitBreaker;
  readonly #outliers = new OutlierDetection();
  /** Those that name their model. */
  readonly #open = new OpenLeases<PoolLease>();
  readonly #endpoints = new EndpointCooldowns();
  readonly #cooldowns: Cooldowns;
  readonly pacing: PoolPacing;
  readonly #mean = newMean();
  readonly calls: CallBatcher;

  constructor(
    readonly provider: string,
    private readonly observer: Omit<PoolObserver, 'callWaited' | 'callsOf'>,
    private readonly clock: Clock,
    private readonly random: Random,
    sharing: Readonly<Sharing> = { count: 1, rank: 0 },
  ) {
    this.#breaker = new CircuitBreaker(clock.now(), () => {
      observer.breakerChanged?.(provider, this.breakerStatus());
    });
    this.calls = new CallBatcher(() => this.observer.callsPending?.());
    const laneMade = observer.keyFreed.bind(observer, provider);
    this.#lanes = new ModelIndexes(() => this.#records.values(), this.#adopt, laneMade);
    this.#cooldowns = new Cooldowns(this.#lanes, this.#endpoints);
    this.pacing = new PoolPacing(this.#lanes, sharing);
  }

  get size(): number {
    return this.#records.size;
  }

  records(): IterableIterator<KeyRecord> {
    return this.#records.values();
  }

  record(id: string): KeyRecord | undefined {
    return this.#records.get(id);
  }

  snapshot(record: KeyRecord): KeySnapshot {
    const now = this.clock.now();
    const shown = Array.from(this.#cooldowns.ofKey(record, now), ({ scope, cooldown: { until, outcome } }) => ({
      ...scope,
      until: new Date(until),
      outcome,
    }));
    return snapshotOf(record, shown, now);
  }

  /** Adds a key in state `unchecked`, or returns the one that is there already, unchanged. */
  add(key: ApiKey, input: Omit<KeyInput, 'key'>, origin: KeyOrigin, by: ChangedBy): KeyRecord {
    const known = this.#records.get(key.id);
    if (known) return known;
    const record = new KeyRecord(this.provider, key, input, origin, this.#mean.ratings);
    record.addedAt = this.clock.now();
    record.turn = this.#mean.turn;
    this.#records.set(record.id, record);
    noteWeight(this.#mean, record.weight);
    this.pacing.groups.add(record);
    this.#lanes.addRecord(record, this.clock.now());
    this.pacing.groups.join(record);
    this.#placeGroup(record);
    this.#emit(record, by, { type: 'key_added', status: record.status });
    return record;
  }

  delete(record: KeyRecord, by: ChangedBy): void {
    if (!this.#records.delete(record.id)) return;
    this.#outliers.forget(record);
    this.pacing.groups.remove(record);
    this.#lanes.removeRecord(record);
    this.#endpoints.forget(record.id);
    record.leave();
    this.#placeGroup(record);
    this.#emit(record, by, { type: 'key_deleted' });
  }

  update(record: KeyRecord, changes: KeyUpdate, by: ChangedBy): void {
    if (changes.weight !== undefined && !(changes.weight > 0)) throw new RangeError('weight must be more than 0.');
    if (changes.label !== undefined) record.label = changes.label;
    if (changes.weight !== undefined) noteWeight(this.#mean, (record.weight = changes.weight));
    if (changes.limits !== undefined) this.pacing.groups.limit(record, changes.limits);
    this.#placeGroup(record);
    const fields = Object.entries(changes).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    this.#emit(record, by, { type: 'key_updated', fields });
  }

  /** An administrator's switch. Switched on again, or once more, a key is what the vendor last said of it, but cools down no longer. */
  setEnabled(record: KeyRecord, enabled: boolean, by: ChangedBy): void {
    if (record.enabled !== enabled) {
      const from = record.status;
      record.state = isCooldownOver(record.state, this.clock.now()) ? HEALTHY : record.state;
      record.enabled = enabled;
      this.#moved(record, from, by, undefined);
    }
    if (enabled && by === 'administrator') this.endCooldowns(record, by, false);
  }

  /** The key's place among those that a call for this model chooses from. */
  slotSeen(record: KeyRecord, model: string | undefined, now: number): KeyModelState {
    return record.slots[this.#lanes.forCall(model, now).index]!;
  }

  /** Other keys that share this one's limits. */
  siblings(record: KeyRecord): Iterable<KeyRecord> {
    return this.pacing.groups.siblings(record);
  }

  /** Cools the key down for one model or endpoint; never shortens a cooldown. */
  coolDown(record: KeyRecord, scope: CooldownScope, cooldown: Cooldown, by: ChangedBy, why: CooledBy = {}): void {
    const known = this.#cooldowns.get(record, scope);
    const merged = longerCooldown(known, cooldown);
    this.#cooldowns.set(record, scope, merged, this.clock.now(), why.strikes);
    if (known && merged.until <= known.until) return;
    this.#place(record);
    const told = { until: new Date(merged.until), outcome: merged.outcome, reason: why.reason };
    this.#emit(
      record,
      by,
      scope.model === undefined
        ? { type: 'endpoint_cooled_down', endpoint: scope.endpoint, ...told }
        : { type: 'model_cooled_down', model: scope.model, ...told },
    );
  }

  /** Refusals in a row of the key for this model or endpoint. */
  strikesOf(record: KeyRecord, scope: CooldownScope): FailureStreak | undefined {
    return this.#cooldowns.strikes(record, scope);
  }

  /** The cooldown of the key for one model or endpoint, which may be over. */
  cooldown(record: KeyRecord, scope: CooldownScope): Cooldown | undefined {
    return this.#cooldowns.get(record, scope);
  }

  /** All of them that are not over. */
  cooldowns(record: KeyRecord, now = this.clock.now()): Iterable<{ scope: CooldownScope; cooldown: Cooldown }> {
    return this.#cooldowns.ofKey(record, now);
  }

  /**
   * Ends the cooldowns of the key as a whole and for all models and endpoints: an administrator says that their causes are gone.
   * @param keepStated Whether rate limits that the vendor itself stated go on to their end.
   */
  endCooldowns(record: KeyRecord, by: ChangedBy, keepStated: boolean): void {
    const now = this.clock.now();
    const { state } = record;
    if (isCoolingDown(state) && state.until > now) {
      const left = cooldownLeft(state, keepStated, now);
      if (left !== state) {
        record.strikes = undefined;
        this.setState(record, left, by);
      }
    }
    for (const { scope, cooldown } of [...this.#cooldowns.ofKey(record, now)]) {
      const isKept = keepStated && cooldown.statedUntil > now;
      if (isKept && cooldown.statedUntil >= cooldown.until) continue;
      const left = isKept ? { ...cooldown, until: cooldown.statedUntil, outcome: 'rate_limited' as const } : undefined;
      this.endCooldown(record, scope, by, left);
    }
  }

  /** Ends one cooldown, or shortens it to what is left of it. */
  endCooldown(record: KeyRecord, scope: CooldownScope, by: ChangedBy, left?: Cooldown): void {
    if (!this.#cooldowns.replace(record, scope, left)) return;
    this.#place(record);
    // A call may have waited for this endpoint alone, of which the lanes know nothing.
    this.observer.keyFreed(this.provider);
    this.#emit(record, by, { type: 'cooldown_ended', ...scope, until: left && new Date(left.until) });
  }

  /** Chooses a key, or none where none is eligible. Synchronous, no I/O; the caller settles the lease exactly once. */
  lease({ model, exclude, endpoint }: LeaseOptions = {}, now = this.clock.now()): PoolLease | undefined {
    const slot = this.take(model, exclude, now, endpoint);
    return slot && new PoolLease(this, slot, model, 'call', now, endpoint);
  }

  /** Chooses a key as `lease` does, and books one use of it; the caller makes the lease. */
  take(
    model: string | undefined,
    exclude: PassedOver | undefined,
    now: number,
    endpoint?: string,
  ): KeyModelState | undefined {
    this.wake(now);
    if (!this.#breaker.admits(now)) return undefined;
    const lane = this.#lanes.forCall(model, now);
    const passedOver = endpoint === undefined ? exclude : this.#endpoints.passedOver(endpoint, exclude, now);
    let slot = lane.choose(passedOver, this.#mean, now, this.random);
    if (!slot && this.#readmitted(lane, passedOver, now)) slot = lane.choose(passedOver, this.#mean, now, this.random);
    if (!slot) return undefined;
    const { record } = slot;
    takeTurn(record, this.#mean, now);
    record.lent(now);
    slot.inFlight += 1;
    this.pacing.started(record, slot.pace, now);
    this.#breaker.passed(now);
    beginTrial(slot, now);
    if (endpoint !== undefined) this.#endpoints.begun(record.id, endpoint, now);
    if (slot.busy || slot.pacedUntil(now) > now) this.#placeGroup(record, now);
    return slot;
  }

  /** A lease of one certain key for a health check, whatever its state. */
  leaseForProbe(record: KeyRecord): PoolLease {
    return new PoolLease(this, record.slots[0]!, undefined, 'probe', this.clock.now());
  }

  leaseMade(lease: PoolLease): void {
    this.#open.add(lease);
  }

  leaseAccepted(lease: PoolLease, now?: number): void {
    if (this.#endpoints.concerns(lease.endpoint))
      this.#endpointEnded(lease, lease.endpoint, true, now ?? this.clock.now());
    if (!lease.trial && this.#breaker.isCalm) return;
    const at = now ?? this.clock.now();
    if (lease.trial) {
      endTrial(lease.slot, lease.startedAt, true);
      this.#placeGroup(lease.slot.record, at);
    }
    if (this.#breaker.accepted(at)) this.observer.keyFreed(this.provider);
  }

  settleLease(lease: PoolLease, said: Settlement, now = this.clock.now()): void {
    const { record } = lease.slot;
    const isCall = lease.source === 'call';
    const settlement = isCall && said.outcome !== 'ok' ? withStatedWait(said, now) : said;
    if (lease.model !== undefined) this.#open.remove(lease);
    if (isCall) countCall(lease, settlement, this.#mean, now);
    else record.lastCheckedAt = now;
    const mayGo = isCall ? this.#judgeVendor(lease, said, settlement, now) : this.#probed(settlement, now);
    if (!record.deleted && settlement.withheld !== true) {
      applyVerdict(this, lease, settlement, now);
      if (isCall) this.#compare(lease, settlement, now);
    }
    if (lease.slot.standing !== 'eligible') this.#placeGroup(record, now);
    if (this.#endpoints.concerns(lease.endpoint))
      this.#endpointEnded(lease, lease.endpoint, settlement.outcome === 'ok', now);
    if (mayGo) this.observer.keyFreed(this.provider);
    this.calls.settled(record, settlement.outcome, now - lease.startedAt, lease.source);
  }

  /** What the call says of the vendor itself. True if those who wait should look again. */
  #judgeVendor(lease: PoolLease, said: Settlement, settlement: Settlement, now: number): boolean {
    const { outcome } = said;
    if (outcome === 'ok' && this.#breaker.isSpotless) return false;
    const statedUntil = settlement === said ? 0 : cooldownEnd(settlement, NO_STRIKES, now, true);
    const { keyId, startedAt, wasAccepted } = lease;
    return this.#breaker.settled({ outcome, keyId, startedAt, statedUntil, wasAccepted }, now);
  }

  #probed({ outcome, unproven }: Settlement, now: number): boolean {
    return outcome === 'ok' && !unproven && this.#breaker.probed(now);
  }

  /** Compares the key with the others: one that fails alone is chosen less, and then ejected for a while. */
  #compare({ slot: { record }, model, startedAt, trial }: PoolLease, { outcome }: Settlement, now: number): void {
    if (outcome === 'ok') {
      if (this.#outliers.isWatching) this.#outliers.succeeded(record, now);
      return;
    }
    if (!isTransient(outcome)) return;
    const found = this.#outliers.failed(record, startedAt, trial, now);
    if (found.kind === 'alike') return;
    learnRate(record, this.#mean, false, now);
    if (found.kind === 'worse' || record.availableFrom > now) return;
    // Never more than half of the keys that could serve the call.
    if (this.#lanes.forCall(model, now).inUse - 1 < this.#outliers.ejected().size + 1) return;
    const until = this.#outliers.eject(record, now);
    const reason = ownWords`outlier: ${found.failed} of its latest ${found.of} calls failed, other keys answered`;
    this.setState(record, { status: 'cooling_down', until }, 'call', { outcome, reason });
  }

  /** Ejecting a key is a guess: where no other can be had for long, it is given up. True if one came back. */
  #readmitted(lane: ModelIndex, exclude: PassedOver | undefined, now: number): boolean {
    if (!this.#outliers.isWatching || lane.hasCandidate || (lane.nextWake ?? 0) <= now + PATIENCE_MS) return false;
    let soonest: KeyRecord | undefined;
    for (const record of this.#outliers.ejected()) {
      const isOf =
        record.serves(lane.model) && record.slots[lane.index]!.cooldownUntil <= now && !exclude?.has(record.id);
      if (isOf && record.enabled && (!soonest || record.availableFrom < soonest.availableFrom)) soonest = record;
    }
    if (!soonest) return false;
    this.setState(soonest, HEALTHY, 'time');
    return true;
  }

  /** The model's calls in flight move into its new lane. */
  readonly #adopt = (model: string, index: number): void => {
    for (const lease of this.#open) {
      const { record } = lease.slot;
      if (lease.model !== model || record.deleted) continue;
      lease.slot.inFlight -= 1;
      lease.slot.pace?.ended();
      lease.slot = record.slots[index]!;
      lease.slot.inFlight += 1;
    }
  };

  #endpointEnded({ slot, startedAt }: PoolLease, endpoint: string, success: boolean, now: number): void {
    this.#endpoints.ended(slot.record.id, endpoint, startedAt, success, now);
    this.observer.keyFreed(this.provider);
  }

  refusalConfirmed(lease: PoolLease, settlement: Settlement, now = this.clock.now()): void {
    const { record } = lease.slot;
    if (record.deleted) return;
    countRefusal(record, settlement.outcome, this.#mean, now);
    applyVerdict(this, lease, settlement, now);
    this.#placeGroup(record, now);
  }

  answerSeen(lease: PoolLease, headers: HeaderView): void {
    if (lease.slot.record.deleted) return;
    const now = this.clock.now();
    if (this.pacing.answerSeen(lease, headers, now)) this.#placeGroup(lease.slot.record, now);
  }

  tokensUsed({ slot: { record } }: PoolLease, tokens: number): void {
    const now = this.clock.now();
    if (!record.hardLimits || !(tokens > 0)) return;
    record.hardLimits.used(tokens, now);
    this.#placeGroup(record, now);
  }

  /** The parts of limits that are this instance's have changed. */
  limitsShared(): void {
    for (const record of this.#records.values()) if (record.hardLimits) this.#place(record);
  }

  /** Lets keys back whose cooldown is over. */
  wake(now = this.clock.now()): void {
    for (let slot = this.#lanes.takeAwake(now); slot; slot = this.#lanes.takeAwake(now)) {
      this.#catchUp(slot.record);
      this.#place(slot.record, now);
    }
  }

  /** When the next cooldown, trial or pause ends that a call for this model and endpoint could wait for. Milliseconds since the epoch. */
  nextWake(model: string | undefined, endpoint?: string): number | undefined {
    const now = this.clock.now();
    const wake = this.#endpoints.concerns(endpoint)
      ? finite(this.#soonestAt(endpoint, model, now))
      : this.#lanes.forCall(model, now).nextWake;
    const admitsFrom = this.#breaker.admitsFrom(now);
    if (admitsFrom === undefined) return wake;
    return Math.max(admitsFrom, this.#hasCandidate(model, endpoint, now) ? 0 : (wake ?? Infinity));
  }

  /** A key for this model and endpoint can be had now, or may be at any moment: it is in use, or being checked. */
  mayBeFreed(model: string | undefined, endpoint?: string): boolean {
    const now = this.clock.now();
    return !this.#breaker.isOpen(now) && this.#hasCandidate(model, endpoint, now);
  }

  #hasCandidate(model: string | undefined, endpoint: string | undefined, now: number): boolean {
    if (this.#endpoints.concerns(endpoint)) return this.#soonestAt(endpoint, model, now) === 0;
    return this.#lanes.forCall(model, now).hasCandidate;
  }

  #soonestAt(endpoint: string, model: string | undefined, now: number): number {
    const { index } = this.#lanes.forCall(model, now);
    return this.#endpoints.soonest(endpoint, this.#slotsAt(index), now);
  }

  *#slotsAt(index: number): Iterable<KeyModelState> {
    for (const { slots } of this.#records.values()) yield slots[index]!;
  }

  /** Some key can be had at once of which nothing speaks against its vendor: a failed call may be made again with it without harm. */
  hasWellKeys(model: string | undefined): boolean {
    const now = this.clock.now();
    return this.#breaker.admits(now) && this.#lanes.forCall(model, now).eligible > this.#outliers.failing;
  }

  /** How the provider's circuit breaker stands. */
  breakerStatus(now = this.clock.now()): BreakerStatus {
    return this.#breaker.status(now);
  }

  /**
   * From when on the key may be chosen for the model: 0 at once, also where it only waits for its first check; Infinity not before its
   * state changes. What paces it from call to call is left out. Milliseconds since the epoch.
   */
  availableFrom(record: KeyRecord, model: string | undefined): number {
    if (!record.serves(model)) return Infinity;
    if (record.isUnchecked) return 0;
    return Math.max(record.availableFrom, model === undefined ? 0 : this.#lanes.cooldownUntil(record, model));
  }

  /** Sets a state: by a verdict here, by another instance's, or as kept from before a restart. */
  setState(record: KeyRecord, state: KeyState, by: ChangedBy, why?: Why): void {
    const next = isCooldownOver(state, this.clock.now()) ? HEALTHY : state;
    if (isSameState(record.state, next)) return;
    const from = record.status;
    record.state = next;
    record.outcome = next.status === 'healthy' ? undefined : why?.outcome;
    record.reason = next.status === 'healthy' ? undefined : why?.reason;
    if (isCoolingDown(next)) record.trial = 'wanted';
    if (next.status !== 'healthy') this.#outliers.setAside(record);
    this.#moved(record, from, by, why);
  }

  #moved(record: KeyRecord, from: KeyStatus, by: ChangedBy, why?: Why): void {
    const { status: to } = record;
    if (to === 'healthy') this.#catchUp(record);
    this.#place(record);
    // An unproven key that was proven: nothing that anyone sees has changed.
    if (to === 'healthy' && from === 'healthy') return;
    this.#emit(record, by, statusChange(record, from, why));
  }

  /** A key that was away takes its turn among the others now, and does not make up for what it missed. */
  #catchUp(record: KeyRecord): void {
    record.turn = Math.max(record.turn, this.#mean.turn);
  }

  /** Puts the key where it now belongs, in every lane. */
  #place(record: KeyRecord, now = this.clock.now()): void {
    if (record.deleted) return;
    if (record.enabled && isCooldownOver(record.state, now)) this.setState(record, HEALTHY, 'time');
    else if (this.#lanes.place(record, now)) this.observer.keyFreed(this.provider);
  }

  /** Also the keys that share its limits: what one takes, the others lack. */
  #placeGroup(record: KeyRecord, now = this.clock.now()): void {
    this.#place(record, now);
    if (record.quotaGroup !== undefined)
      for (const sibling of this.pacing.groups.siblings(record)) this.#place(sibling, now);
  }

  #emit(record: KeyRecord, by: ChangedBy, change: KeyChange): void {
    this.observer.keyChanged(record, keyEvent(record, by, this.clock.now(), change));
  }
}

const finite = (time: number): number | undefined => (time === Infinity ? undefined : time);
