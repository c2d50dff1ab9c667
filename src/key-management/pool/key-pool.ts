import type { Clock, Random } from '../clock';
import { newMean, noteWeight, takeTurn } from './choice';
import type { ApiKey } from './api-key';
import { keyEvent, statusChange, type ChangedBy, type KeyChange } from './key-events';
import type { KeyInput, KeyOrigin, KeyUpdate, LeaseOptions } from './key-input';
import type { Sharing } from './hard-limits';
import type { HeaderView } from './header-view';
import { PoolLease, type LeaseOwner } from './key-lease';
import { KeyRecord } from './key-record';
import { snapshotOf, type KeySnapshot } from './key-snapshot';
import { HEALTHY, isRestOver, isResting, isSameState, type KeyState, type KeyStatus } from './key-state';
import { LaneSet } from './lane-set';
import { CallLog } from './call-log';
import type { PoolObserver } from './pool-observer';
import { PoolPacing } from './pool-pacing';
import { ProviderGate, type BreakerStatus } from './provider-gate';
import type { Settlement, Why } from './settlement';
import type { Slot } from './slot';
import { beginTrial } from './trial';
import { applyVerdict, countCall } from './verdict';

/** All keys of one provider: who is chosen, and what each verdict does. The only writer of their state. */
export class KeyPool implements LeaseOwner {
  readonly #records = new Map<string, KeyRecord>();
  readonly #lanes: LaneSet;
  readonly #gate = new ProviderGate();
  readonly pacing: PoolPacing;
  readonly #mean = newMean();
  readonly calls: CallLog;

  constructor(
    readonly provider: string,
    private readonly observer: Omit<PoolObserver, 'callWaited' | 'callsOf'>,
    private readonly clock: Clock,
    private readonly random: Random,
    sharing: Readonly<Sharing> = { count: 1, rank: 0 },
  ) {
    this.calls = new CallLog(() => this.observer.callsPending?.());
    const laneMade = observer.keyFreed.bind(observer, provider);
    this.#lanes = new LaneSet(() => this.#records.values(), laneMade);
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
    return snapshotOf(record, (lane) => this.#lanes.modelOf(lane), this.clock.now());
  }

  /** Whether calls pass, or are held back because nearly all of them failed by no key's fault. */
  breakerStatus(now = this.clock.now()): BreakerStatus {
    return this.#gate.status(now);
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
    this.pacing.groups.remove(record);
    this.#lanes.removeRecord(record);
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

  /** An administrator's switch. Switched on again, a key is what the vendor last said of it. */
  setEnabled(record: KeyRecord, enabled: boolean, by: ChangedBy): void {
    if (record.enabled === enabled) return;
    const from = record.status;
    record.state = isRestOver(record.state, this.clock.now()) ? HEALTHY : record.state;
    record.enabled = enabled;
    this.#moved(record, from, by, undefined);
  }

  /** The key's place in the model's own lane. */
  slotFor(record: KeyRecord, model: string, now = this.clock.now()): Slot {
    return record.slots[this.#lanes.restricted(model, now).index]!;
  }

  /** Other keys that share this one's limits. */
  siblings(record: KeyRecord): Iterable<KeyRecord> {
    return this.pacing.groups.siblings(record);
  }

  /** Rests the key for one model; never shortens a rest. */
  restModel(record: KeyRecord, model: string, until: number, by: ChangedBy, why?: Why): void {
    const slot = this.slotFor(record, model);
    if (until <= slot.restsUntil) return;
    slot.restsUntil = until;
    slot.trial = 'wanted';
    this.#place(record);
    const outcome = why?.outcome ?? 'rate_limited';
    this.#emit(record, by, { type: 'model_rested', model, until: new Date(until), outcome, reason: why?.reason });
  }

  /** Chooses a key, or none where none is eligible. Synchronous, no I/O; the caller settles the lease exactly once. */
  lease({ model, exclude }: LeaseOptions = {}, now = this.clock.now()): PoolLease | undefined {
    const slot = this.take(model, exclude, now);
    return slot && new PoolLease(this, slot, model, 'call', now);
  }

  /** Chooses a key as `lease` does, and books one use of it; the caller makes the lease. */
  take(model: string | undefined, exclude: ReadonlySet<string> | undefined, now: number): Slot | undefined {
    this.wake(now);
    if (!this.#gate.admits(now)) return undefined;
    const lane = this.#lanes.forCall(model, now);
    const slot = lane.choose(exclude, this.#mean, now, this.random);
    if (!slot) return undefined;
    const { record } = slot;
    takeTurn(record, this.#mean, now);
    record.lent(now);
    slot.inFlight += 1;
    this.pacing.started(record, slot.pace, now);
    this.#gate.passed();
    beginTrial(slot, now);
    if (slot.busy || slot.pacedUntil(now) > now) this.#placeGroup(record, now);
    return slot;
  }

  /** A lease of one certain key for a health check, whatever its state. */
  leaseForProbe(record: KeyRecord): PoolLease {
    return new PoolLease(this, record.slots[0]!, undefined, 'probe', this.clock.now());
  }

  settleLease(lease: PoolLease, settlement: Settlement, now = this.clock.now()): void {
    const { record } = lease.slot;
    let opened = false;
    if (lease.source === 'call') {
      countCall(lease, settlement, this.#mean, now);
      opened = this.#gate.settled(settlement.outcome, now);
    } else record.lastCheckedAt = now;
    if (!record.deleted) applyVerdict(this, lease, settlement, now);
    if (lease.slot.standing !== 'eligible') this.#placeGroup(record, now);
    if (opened) this.observer.keyFreed(this.provider);
    this.calls.settled(record, settlement.outcome, now - lease.startedAt, lease.source);
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

  /** Lets keys back whose rest is over. */
  wake(now = this.clock.now()): void {
    for (let slot = this.#lanes.takeAwake(now); slot; slot = this.#lanes.takeAwake(now)) {
      this.#catchUp(slot.record);
      this.#place(slot.record, now);
    }
  }

  /** When the next rest ends that a call for this model could wait for. Milliseconds since the epoch. */
  nextWake(model: string | undefined): number | undefined {
    const now = this.clock.now();
    const wake = this.#lanes.forCall(model, now).nextWake;
    const pausedUntil = this.#gate.pausedUntil(now);
    return pausedUntil === undefined ? wake : Math.max(pausedUntil, this.mayBeFreed(model) ? 0 : (wake ?? Infinity));
  }

  /**
   * From when on the key may be chosen for the model: 0 at once, also where it only waits for its first check; Infinity not before its
   * state changes. What paces it from call to call is left out. Milliseconds since the epoch.
   */
  availableFrom(record: KeyRecord, model: string | undefined): number {
    if (!record.serves(model)) return Infinity;
    if (record.isUnchecked) return 0;
    return Math.max(record.availableFrom, model === undefined ? 0 : this.#lanes.restsUntil(record, model));
  }

  /** A key for this model can be had now, or may be at any moment: it is in use, or being checked. */
  mayBeFreed(model: string | undefined): boolean {
    return this.#lanes.forCall(model, this.clock.now()).mayServe;
  }

  /** Sets a state: by a verdict here, by another instance's, or as kept from before a restart. */
  setState(record: KeyRecord, state: KeyState, by: ChangedBy, why?: Why): void {
    const next = isRestOver(state, this.clock.now()) ? HEALTHY : state;
    if (isSameState(record.state, next)) return;
    const from = record.status;
    record.state = next;
    record.outcome = next.status === 'healthy' ? undefined : why?.outcome;
    record.reason = next.status === 'healthy' ? undefined : why?.reason;
    if (isResting(next)) record.trial = 'wanted';
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
    if (record.enabled && isRestOver(record.state, now)) this.setState(record, HEALTHY, 'time');
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
