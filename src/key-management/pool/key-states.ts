import type { Clock } from '../common/clock';
import { redactReason, type RedactedText } from '../classification/redaction/redact';
import { CountedTexts } from '../common/counted-texts';
import { Affinities } from './affinities';
import { budgetThreshold } from './budget-threshold';
import type { ApiKey } from './key/api-key';
import type { ChangedBy, KeyChange, PoolObserver } from './key-events';
import type { ToldExpiry } from './key/key-expiry';
import type { KeyOrigin, KeySettings, KeyUpdate, RecordOrigin } from './key/key-input';
import { OpenLeases } from './key-lease';
import { KeyRecord, OFF, type KeyModelState, type OffReason } from './key/key-record';
import { EXPIRED, snapshotOf, type KeySnapshot } from './key/key-snapshot';
import {
  type Cooldown,
  type CooldownScope,
  type FailureStreak,
  HEALTHY,
  isCooldownOver,
  isCoolingDown,
  isOutOfPool,
  isRemoved,
  isSameState,
  type KeyState,
  type KeyStatus,
  type PartCooldown,
  UNCHECKED,
} from './key/key-state';
import type { BudgetThreshold } from './limits/budget';
import type { Sharing } from './limits/hard-limits';
import type { PeriodMeter } from './limits/period-meter';
import { PoolAccounts } from './pool-accounts';
import { newMean, noteWeight } from './selection/choice';
import { ModelIndexes } from './selection/model-indexes';
import { Cooldowns } from './state/cooldowns';
import { OutlierDetection } from './state/outlier-detection';
import type { SettlementSummary } from './state/settlement';
import { isOfAll, isOfMeters, meteredState } from './state/metered-state';
import { cooldownLeft, laterCooldown } from './state/transition';

/**
 * All keys of one provider with their states, cooldowns and rate limits: the only writer of a key's state. Each change puts the key into its
 * place in the model indexes and emits one event. `KeyPool` chooses among these keys and settles their leases.
 */
export class KeyStates {
  readonly #records = new Map<string, KeyRecord>();
  /** The keys whose id was given, by the id that is made of the key itself. */
  readonly #namedByToken = new Map<string, KeyRecord>();
  readonly #baseUrls = new CountedTexts();
  readonly accounts: PoolAccounts;
  /** What gives the keys of the configuration that no source gives. */
  configuredBy: KeyOrigin = 'options';
  protected readonly mean = newMean();
  protected readonly indexes: ModelIndexes;
  protected readonly parts: Cooldowns;
  protected readonly outliers = new OutlierDetection();
  protected readonly openLeases = new OpenLeases();
  protected readonly affinities: Affinities;
  /** Several keys are being changed as one, and those who wait are to look again afterwards. */
  #isChanging = false;
  #hasFreed = false;

  constructor(
    readonly provider: string,
    protected readonly observer: Omit<PoolObserver, 'callWaited' | 'callsOf'>,
    protected readonly clock: Clock,
    sharing: Readonly<Sharing>,
  ) {
    this.indexes = new ModelIndexes(
      () => this.#records.values(),
      this.#adopt,
      () => this.keyFreed(),
    );
    this.parts = new Cooldowns(this.indexes);
    this.affinities = new Affinities(this, this.mean);
    this.accounts = new PoolAccounts({
      indexes: this.indexes,
      sharing,
      records: () => this.#records.values(),
      now: () => this.now,
      rehoused: (record) => this.affinities.order?.rehoused(record),
      partsChanged: () => this.limitsShared(),
      limitLearned: (record) => {
        // One that is just being added is put in its place in the end.
        if (this.#records.has(record.id)) this.#place(record);
      },
      accountFound: (record) => observer.accountFound?.(record),
      budgetReached: (meter, percent) => this.#budgetReached(meter, percent),
      usdCounted: () => observer.usdCounted?.(provider),
    });
  }

  /** Milliseconds since the epoch. */
  get now(): number {
    return this.clock.now();
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

  /** The key of this one's id, or the one that is the same key under another id. */
  find(key: ApiKey): KeyRecord | undefined {
    return this.#records.get(key.id) ?? this.holderOf(key);
  }

  /** The key here that is the same key, under whatever id. Short-lived tokens are not looked at. */
  holderOf(key: ApiKey): KeyRecord | undefined {
    const { tokenId } = key;
    const named = this.#namedByToken.get(tokenId);
    if (named) return named;
    const unnamed = this.#records.get(tokenId);
    return unnamed?.key.isNamed === false ? unnamed : undefined;
  }

  /** The base URLs that keys of this pool have of their own, each once. */
  get baseUrls(): Iterable<string> {
    return this.#baseUrls;
  }

  /** The model of a candidate, by its place among those of its key; undefined for calls that name none. */
  modelOf(ordinal: number): string | undefined {
    return this.indexes.modelOf(ordinal);
  }

  /** The key as others may see it now. */
  snapshot(record: KeyRecord): KeySnapshot {
    const now = this.clock.now();
    return snapshotOf(record, this.configuredBy, this.cooldowns(record, now), now);
  }

  /**
   * Adds a key in state `unchecked`, or returns the one that is there already, unchanged.
   * @param source The name of the source that gives it, if one does.
   */
  add(key: ApiKey, settings: KeySettings, origin: RecordOrigin, by: ChangedBy, source?: string): KeyRecord {
    const known = settings.tokens ? this.#records.get(key.id) : this.find(key);
    if (known) return known;
    const record = new KeyRecord(this.provider, key, settings, origin, this.mean.ratings);
    record.source = source;
    record.addedAt = this.clock.now();
    record.turn = this.mean.turn;
    if (isExpired(record, record.addedAt)) record.off = OFF.expired;
    this.#records.set(record.id, record);
    if (key.isNamed && !settings.tokens) this.#namedByToken.set(key.tokenId, record);
    this.#baseUrls.add(record.route?.baseUrl);
    noteWeight(this.mean, record.weight);
    this.indexes.addRecord(record, this.clock.now());
    this.accounts.add(record);
    this.affinities.order?.came(record);
    this.placeGroup(record);
    this.#emit(record, by, { type: 'key_added', status: record.status });
    return record;
  }

  delete(record: KeyRecord, by: ChangedBy): void {
    if (!this.#records.delete(record.id)) return;
    this.#forgetToken(record);
    this.#baseUrls.remove(record.route?.baseUrl);
    const [sibling] = this.siblings(record);
    this.outliers.forget(record);
    this.accounts.remove(record);
    this.affinities.order?.left(record);
    this.indexes.removeRecord(record);
    this.parts.endpoints.forget(record.id);
    record.leave();
    if (sibling) this.placeGroup(sibling);
    this.#emit(record, by, { type: 'key_deleted' });
  }

  /**
   * Puts a new token in the place of the key's old one. What was found out of the old one does not hold for it: it is `unchecked`, and cools down
   * no longer. The next of a key's short-lived tokens is no other key, so that only a verdict on the token itself is dropped, and no event tells of it.
   */
  replaceKey(record: KeyRecord, key: ApiKey, by: ChangedBy): void {
    this.#forgetToken(record);
    record.key = key;
    if (record.tokens) {
      if (record.state.status === 'invalid_key') this.#forgetVerdict(record, by);
      return;
    }
    if (key.isNamed) this.#namedByToken.set(key.tokenId, record);
    this.accounts.replaced(record);
    this.#emit(record, by, { type: 'key_updated', fields: ['key'] });
    for (const { scope } of [...this.cooldowns(record)]) this.endCooldown(record, scope, by);
    this.#forgetVerdict(record, by);
  }

  #forgetVerdict(record: KeyRecord, by: ChangedBy): void {
    record.failureStreak = undefined;
    this.setState(record, UNCHECKED, by);
  }

  #forgetToken(record: KeyRecord): void {
    const { key } = record;
    if (key.isNamed && !record.tokens) this.#namedByToken.delete(key.tokenId);
  }

  /** @throws RangeError for a weight that is not more than 0, or a tier that is no whole number of 0 or more. */
  update(record: KeyRecord, changes: KeyUpdate, by: ChangedBy): void {
    if (changes.weight !== undefined && !(changes.weight > 0)) throw new RangeError('weight must be more than 0.');
    if (changes.tier !== undefined && !(Number.isSafeInteger(changes.tier) && changes.tier >= 0))
      throw new RangeError('tier must be a whole number, 0 or more.');
    if (changes.expiresAt !== undefined) record.expiresAt = changes.expiresAt?.getTime();
    if (changes.label !== undefined) record.label = changes.label;
    if (changes.weight !== undefined) {
      noteWeight(this.mean, (record.weight = changes.weight));
      this.affinities.order?.reweighed();
    }
    if (changes.tier !== undefined) this.#moveTo(changes.tier, record);
    if (changes.limits !== undefined || changes.budgets !== undefined) this.#limit(record, changes, by);
    this.placeGroup(record);
    const fields = Object.entries(changes).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    this.#emit(record, by, { type: 'key_updated', fields });
    if (changes.expiresAt !== undefined) this.expire(record);
  }

  #moveTo(tier: number, record: KeyRecord): void {
    if (tier === record.tier) return;
    this.indexes.removeRecord(record);
    record.tier = tier;
  }

  /** An administrator's switch. A key that is enabled, or enabled once more, is what the vendor last said of it, but cools down no longer. */
  setEnabled(record: KeyRecord, enabled: boolean, by: ChangedBy): void {
    const from = record.off;
    this.setOff(record, 'administrator', !enabled, by);
    // It stays out for another reason, so that its status says nothing of the switch.
    if (from !== record.off && (from | record.off) !== OFF.administrator)
      this.#emit(record, by, { type: 'key_updated', fields: ['enabled'] });
    if (enabled && by === 'administrator') this.endCooldowns(record, by, false);
    this.#coolDownSpent(record);
  }

  /** Takes a key out of use that its vendor may take, or lets it back where nothing else keeps it out. */
  setOff(record: KeyRecord, why: OffReason, isOff: boolean, by: ChangedBy, reason?: RedactedText): void {
    const off = isOff ? record.off | OFF[why] : record.off & ~OFF[why];
    if (off === record.off) return;
    const [from, isSwitched] = [record.status, (off === 0) !== record.enabled];
    record.off = off;
    if (!isSwitched) return;
    record.state = isCooldownOver(record.state, this.clock.now()) ? HEALTHY : record.state;
    this.#stateChanged(record, from, by, reason && { reason });
    this.#coolDownSpent(record);
  }

  /** Takes the key out of use if its `expiresAt` is over, and lets it back if it has a later one. */
  expire(record: KeyRecord): void {
    this.setOff(record, 'expired', isExpired(record, this.clock.now()), 'time', redactReason(EXPIRED));
  }

  /** Tells that the vendor ends the key soon. */
  tellExpiry(record: KeyRecord, told: ToldExpiry): void {
    record.toldExpiry = told;
    const { days, expiresAt } = told;
    this.#emit(record, 'time', { type: 'key_expiring', days, expiresAt: new Date(expiresAt) });
  }

  /** The key as a candidate of the model index that a call for this model chooses from. */
  candidateFor(record: KeyRecord, model: string | undefined, now: number): KeyModelState {
    return record.candidates[this.indexes.forCall(model, now).ordinal]!;
  }

  /** Other keys that share this one's limits. */
  siblings(record: KeyRecord): Iterable<KeyRecord> {
    return this.accounts.siblings(record);
  }

  /**
   * Sets a state: by a settlement here, by another instance's, or as the store kept it from before a restart. While a budget or a limit of the day is
   * spent, a key in the pool cools down whatever is said.
   */
  setState(record: KeyRecord, state: KeyState, by: ChangedBy, said?: Partial<SettlementSummary>): void {
    const given = isCooldownOver(state, this.clock.now()) ? HEALTHY : state;
    const metered = record.meters === undefined ? undefined : meteredState(record, given, by, this.clock.now());
    const { state: next, settlement = said } = metered ?? { state: given };
    if (isSameState(record.state, next)) return;
    const from = record.status;
    const isHealthy = next.status === 'healthy';
    record.state = next;
    record.outcome = isHealthy ? undefined : settlement?.outcome;
    record.reason = isHealthy ? undefined : settlement?.reason;
    if (isCoolingDown(next) && metered?.settlement === undefined) record.trial = 'pending';
    if (!isHealthy) this.outliers.setAside(record);
    this.#stateChanged(record, from, by, settlement);
  }

  /**
   * Cools the key down for one model or endpoint; never shortens a cooldown.
   * @param cause What led to it, where that is known: one redacted line, and the failure streak.
   */
  coolDown(
    record: KeyRecord,
    scope: CooldownScope,
    cooldown: Cooldown,
    by: ChangedBy,
    cause: { readonly reason?: string; readonly failureStreak?: FailureStreak } = {},
  ): void {
    const known = this.cooldown(record, scope);
    const later = laterCooldown(known, cooldown);
    this.parts.set(record, scope, { cooldown: later, failureStreak: cause.failureStreak }, this.clock.now());
    if (known && later.until <= known.until) return;
    this.#place(record);
    const facts = { until: new Date(later.until), outcome: later.outcome, reason: cause.reason };
    this.#emit(
      record,
      by,
      scope.model === undefined
        ? { type: 'endpoint_cooled_down', endpoint: scope.endpoint, ...facts }
        : { type: 'model_cooled_down', model: scope.model, ...facts },
    );
  }

  /** The cooldown of the key for one model or endpoint, which may be over. */
  cooldown(record: KeyRecord, scope: CooldownScope): Cooldown | undefined {
    return this.parts.get(record, scope)?.cooldown;
  }

  /** The key's cooldowns for models and endpoints that are not over. */
  cooldowns(record: KeyRecord, now = this.clock.now()): Iterable<PartCooldown> {
    return this.parts.ofKey(record, now);
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
        record.failureStreak = undefined;
        this.setState(record, left, by);
      }
    }
    for (const { scope, cooldown } of [...this.cooldowns(record, now)]) {
      const isKept = keepStated && cooldown.statedUntil > now;
      if (isKept && cooldown.statedUntil >= cooldown.until) continue;
      const left = isKept ? { ...cooldown, until: cooldown.statedUntil, outcome: 'rate_limited' as const } : undefined;
      this.endCooldown(record, scope, by, left);
    }
  }

  /** Ends one cooldown, or shortens it to what is left of it. */
  endCooldown(record: KeyRecord, scope: CooldownScope, by: ChangedBy, left?: Cooldown): void {
    if (!this.parts.replace(record, scope, left)) return;
    this.#place(record);
    // A call may have waited for this endpoint alone, which the model indexes do not know.
    this.keyFreed();
    this.#emit(record, by, { type: 'cooldown_ended', ...scope, until: left && new Date(left.until) });
  }

  /** Lets keys back whose cooldown is over. */
  wake(now = this.clock.now()): void {
    for (let awake = this.indexes.takeAwake(now); awake; awake = this.indexes.takeAwake(now)) {
      this.#catchUp(awake.record);
      this.#place(awake.record, now);
    }
  }

  /** The parts of limits that are this instance's have changed. */
  limitsShared(): void {
    for (const record of this.#records.values()) {
      // What was spent when it was stored may have been raised.
      if (record.meters !== undefined && !this.#coolDownSpent(record))
        this.setState(record, record.state, 'store', record);
      this.#place(record);
    }
  }

  /**
   * Until when the key may not be chosen for the model: 0 if it may be now, also where it only waits for its first check; Infinity until its
   * state changes. Rate limits from call to call are left out. Milliseconds since the epoch.
   */
  unavailableUntil(record: KeyRecord, model: string | undefined): number {
    if (!record.serves(model)) return Infinity;
    if (record.isUnchecked) return 0;
    return Math.max(record.unavailableUntil, model === undefined ? 0 : this.indexes.cooldownUntil(record, model));
  }

  /** Puts the key, and those that share its limits, where they now belong: what one takes, the others lack. */
  protected placeGroup(record: KeyRecord, now = this.clock.now()): void {
    const { meters } = record;
    if (meters !== undefined && this.#coolDownSpent(record) && meters.some((meter) => isOfAll(meter, now)))
      for (const other of this.#records.values()) this.#coolDownSpent(other);
    this.#place(record, now);
    const account = record.deleted ? this.accounts.leftBy(record) : record.account;
    if (account === undefined) return;
    for (const sibling of account.members) {
      if (sibling === record) continue;
      this.#coolDownSpent(sibling);
      this.#place(sibling, now);
    }
  }

  /** A key whose limit for the day or whose budget is spent cools down until the period ends. True if that begins. */
  #coolDownSpent(record: KeyRecord): boolean {
    const { meters, state } = record;
    if (meters === undefined || record.deleted || isRemoved(state)) return false;
    this.setState(record, state, 'call', record);
    return record.state !== state;
  }

  /** Changes what the key may use; a key that cools down since that was spent does so no longer, if something is left. */
  #limit(record: KeyRecord, { limits, budgets }: KeyUpdate, by: ChangedBy): void {
    const now = this.clock.now();
    const members = [record, ...this.siblings(record)];
    const before = new Map(members.map((member) => [member, member.meters ?? []] as const));
    if (budgets !== undefined) this.accounts.setBudgets(record, budgets);
    if (limits !== undefined) this.accounts.limit(record, limits);
    for (const [member, meters] of before) {
      const { state } = member;
      if (isCoolingDown(state) && isOfMeters(state, [...meters, ...(member.meters ?? [])], now))
        this.setState(member, cooldownLeft(state, true, now), by);
      else this.#coolDownSpent(member);
    }
  }

  /** Changes several keys as one: those who wait look again only when all of it is made, or they would get a key that is to cool down with another. */
  protected asOne(change: () => void): void {
    if (this.#isChanging) {
      change();
      return;
    }
    this.#isChanging = true;
    try {
      change();
    } finally {
      this.#isChanging = false;
    }
    if (!this.#hasFreed) return;
    this.#hasFreed = false;
    this.keyFreed();
  }

  /** Those who wait for a key should look again. */
  protected keyFreed(): void {
    if (this.#isChanging) this.#hasFreed = true;
    else this.observer.keyFreed(this.provider);
  }

  /** Puts the key where it now belongs, in every model index. */
  #place(record: KeyRecord, now = this.clock.now()): void {
    if (record.deleted) return;
    if (record.enabled && isCooldownOver(record.state, now)) this.setState(record, HEALTHY, 'time');
    else if (this.indexes.place(record, now)) this.keyFreed();
  }

  #stateChanged(record: KeyRecord, from: KeyStatus, by: ChangedBy, settlement?: Partial<SettlementSummary>): void {
    const { status: to } = record;
    if (to === 'healthy') this.#catchUp(record);
    this.#place(record);
    if (isOutOfPool(from) && !isOutOfPool(record.status)) this.affinities.returned(record);
    // An unproven key that was proven: nothing that anyone sees has changed.
    if (to === 'healthy' && from === 'healthy') return;
    const { state } = record;
    const until = isCoolingDown(state) ? state.until : isRemoved(state) ? state.recheckAt : undefined;
    this.#emit(record, by, {
      type: 'status_changed',
      from,
      to,
      outcome: settlement?.outcome,
      reason: settlement?.reason,
      until: until === undefined || to === 'disabled' ? undefined : new Date(until),
    });
  }

  /** A key that was away takes its turn among the others now, and does not make up for what it missed. */
  #catchUp(record: KeyRecord): void {
    record.turn = Math.max(record.turn, this.mean.turn);
  }

  /** The open leases of a model move into its new index. */
  readonly #adopt = (model: string, ordinal: number): void => {
    for (const lease of this.openLeases) {
      const { record } = lease.candidate;
      if (lease.model !== model || record.deleted) continue;
      lease.candidate.inFlight -= 1;
      this.accounts.callMoves(lease, this.now);
      lease.candidate = record.candidates[ordinal]!;
      lease.candidate.inFlight += 1;
    }
  };

  #budgetReached(meter: PeriodMeter, percent: BudgetThreshold): void {
    const { provider } = this;
    const keyOf = (id: string): string | undefined => this.#records.get(id)?.key.masked;
    this.observer.budgetReached?.(budgetThreshold(meter, percent, { provider, keyOf, now: this.now }));
  }

  /** @param change Becomes the event itself: an object spread into another gives V8 a hidden class of its own, 400 bytes each. */
  #emit(record: KeyRecord, by: ChangedBy, change: KeyChange): void {
    const { provider, id: keyId, key } = record;
    const at = new Date(this.clock.now());
    this.observer.keyChanged(record, Object.assign(change, { provider, keyId, maskedKey: key.masked, at, by }));
  }
}

const isExpired = ({ expiresAt }: KeyRecord, now: number): boolean => expiresAt !== undefined && expiresAt <= now;
