import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Subject, type Observable } from 'rxjs';
import type { Clock, Random } from '../common/clock';
import { getOrCreate } from '../common/get-or-create';
import { UnknownKeyError, UnknownProviderError } from '../errors';
import { CLOCK, RANDOM } from '../key-management.constants';
import type { BreakerStatus } from './circuit-breaker';
import { optionFault, type OptionRule, type OptionRules, type RulesFor } from '../common/option-fault';
import type { ExpectedTokens } from './limits/expected-tokens';
import type { Sharing } from './limits/hard-limits';
import type { MetersPort } from './account-meters';
import type { Prices } from '../usage/prices';
import type { PartsPort } from './limits/part';
import type {
  BulkChange,
  ChangedBy,
  BudgetThresholdEvent,
  KeyChangeEvent,
  KeyEvent,
  PoolObserver,
  ProviderEvent,
  RemovalsDoubtedEvent,
  RunsOutEvent,
} from './key-events';
import type { KeyLease } from './key-lease';
import { type KeyUpdate, type LeaseOptions, modelName } from './key/key-input';
import { KeyPool } from './key-pool';
import { endpointName } from './state/endpoint-name';
import type { KeyRecord } from './key/key-record';
import type { KeySnapshot } from './key/key-snapshot';
import { isExpiry } from './key/key-expiry';
import { UsedKeys } from './key/used-keys';
import type { OpenedPool, OpenPoolOptions, PoolOpener, PoolTemplate } from './opened-pools';
import { ProviderPauses, type ProviderPause } from './provider-pauses';

/** What of the limits of one pool instances share. */
interface SharedLimits {
  readonly parts: PartsPort;
  readonly meters: MetersPort;
}

/** Keeps the changes of keys: the store, where there is one. */
export interface KeyJournal {
  /** Resolves when all changes of this key so far are durable. */
  saved(provider: string, keyId: string): Promise<void>;
  /** Somebody looks at what all instances counted. */
  looked?(): void;
}

/** Keeps which providers are paused: the store, where there is one. */
export interface PauseJournal {
  /** Whether pauses are shared and outlive the process; they never do with the `memory` store. */
  readonly isKept: boolean;
  put(provider: string, pause: ProviderPause | undefined): void;
  /** What an administrator said last; undefined for no pause. */
  of(provider: string): ProviderPause | undefined;
  /** Resolves when all changes so far are durable. @throws StoreUnavailableError */
  saved(provider: string): Promise<void>;
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

const LEASE_RULES: RulesFor<LeaseOptions> = {
  model: (value) => (typeof value === 'string' && value !== '' ? undefined : 'the name of a model, or be left out'),
  endpoint: (value) =>
    typeof value === 'string' && value !== '' ? undefined : 'the path of an endpoint, or be left out',
  tokens: (value) =>
    isCount((value as Partial<ExpectedTokens> | null)?.input) && isCount((value as Partial<ExpectedTokens>).output)
      ? undefined
      : '{ input, output } in whole numbers of tokens, or be left out',
  exclude: (value) =>
    typeof (value as Partial<ReadonlySet<string>> | null)?.has === 'function'
      ? undefined
      : 'a set of key ids, or be left out',
};
const LEASE_OPTIONS: OptionRules = new Map<string, OptionRule>(Object.entries(LEASE_RULES));

/** The pools of all providers. Users lease keys here, and read and change them; the pools alone write the state of a key. */
@Injectable()
export class KeyPoolService implements Omit<PoolObserver, 'callsOf' | 'pauseChanged'>, OnModuleDestroy {
  readonly #pools = new Map<string, KeyPool>();
  readonly #events = new Subject<KeyEvent>();
  readonly #sharing: Sharing = { count: 1, rank: 0 };
  #shareLimits: ((provider: string, accounts: SharedLimits) => void) | undefined;
  #observers: readonly Partial<PoolObserver>[] = [];
  #usedKeys = 0;
  #journal: KeyJournal | undefined;
  #pauseJournal: PauseJournal | undefined;
  readonly #templates = new Map<string, PoolTemplate>();
  #opener: PoolOpener | undefined;
  readonly #pauses: ProviderPauses;
  #isGrouping = false;
  #prices: Prices | undefined;
  #setUp: ((pool: KeyPool) => void) | undefined;

  /** Every change of a key, and of a provider as a whole, as it happens. No event carries a key. */
  readonly events$: Observable<KeyEvent> = this.#events.asObservable();

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RANDOM) private readonly random: Random,
  ) {
    this.#pauses = new ProviderPauses(clock, (pause, event) => {
      const pool = this.#pools.get(event.provider);
      if (pool) pool.pause = pause;
      for (const observer of this.#observers) observer.pauseChanged?.(event.provider);
      this.#events.next(event);
    });
  }

  onModuleDestroy(): void {
    this.#pauses.close();
  }

  /**
   * Hands out the best key of the provider, or none where none is eligible. Synchronous, no I/O.
   * @throws UnknownProviderError, and TypeError where an option has no such value
   */
  lease(provider: string, options?: LeaseOptions): KeyLease | undefined {
    const pool = this.#known(provider);
    if (options === undefined) return pool.lease();
    const fault = optionFault(options, LEASE_OPTIONS);
    if (fault !== undefined) throw new TypeError(`No key of ${provider} is leased: ${fault}`);
    const { model, endpoint, exclude, tokens } = options;
    return pool.lease({
      model: model === undefined ? undefined : modelName(model),
      endpoint: endpoint === undefined ? undefined : endpointName(endpoint),
      exclude,
      tokens,
    });
  }

  get(provider: string, keyId: string): KeySnapshot | undefined {
    const pool = this.#pools.get(provider);
    const record = pool?.record(keyId);
    this.#journal?.looked?.();
    return record && pool?.snapshot(record);
  }

  /** All keys, or those of one provider. */
  list(provider?: string): KeySnapshot[] {
    const pools = provider === undefined ? [...this.#pools.values()] : [this.#pools.get(provider)];
    this.#journal?.looked?.();
    return pools.flatMap((pool) => (pool ? Array.from(pool.records(), (record) => pool.snapshot(record)) : []));
  }

  /**
   * Lets an administrator's disabled key back, and ends every cooldown of it: it may be used at once, unless its vendor's last word removed it.
   * Durable when it resolves.
   */
  enable(provider: string, keyId: string): Promise<void> {
    return this.#change(provider, keyId, (pool, record) => pool.setEnabled(record, true, 'administrator'));
  }

  /** Takes a key out of the pool until it is enabled again. Durable when it resolves. */
  disable(provider: string, keyId: string): Promise<void> {
    return this.#change(provider, keyId, (pool, record) => pool.setEnabled(record, false, 'administrator'));
  }

  /** Deletes a key. One given in the environment stays deleted until it is added again. Durable when it resolves. */
  remove(provider: string, keyId: string): Promise<void> {
    return this.#change(provider, keyId, (pool, record) => pool.delete(record, 'administrator'));
  }

  /** Changes label, weight, tier, limits, budgets or the end. Durable when it resolves. */
  update(provider: string, keyId: string, changes: KeyUpdate): Promise<void> {
    return this.#change(provider, keyId, (pool, record) => pool.update(record, changes, 'administrator'));
  }

  /**
   * Opens a pool with keys of its own while the app runs, for an app whose customers bring keys: by the vendor and the settings of the provider `like`.
   * It is called, looked at and administered by `name` as any provider; metrics count it with `like`, so that their number does not grow.
   * Keys that an administrator added to it are kept as those of any pool, and are there again when it is opened again; those that one deleted
   * stay out, also where `keys` names them.
   * Resolves when its keys are checked: those that fail stand in its status as removed, with a re-check. Opened on several instances that share a
   * store, it shares what is learned, as any provider does.
   * @param name Letters, digits, `_`, `-` and `.`, 64 at the most; no other provider of this app has it.
   * @throws KeyManagementConfigurationError naming what is wrong; then nothing is opened. A name is taken until `close()` of its pool has ended
   */
  openPool(name: string, options: OpenPoolOptions): Promise<OpenedPool> {
    if (!this.#opener) return Promise.reject(new Error('Pools can be opened once the app has started.'));
    return this.#opener.open(name, options);
  }

  /** @internal */
  useOpener(opener: PoolOpener): void {
    this.#opener = opener;
  }

  /** @internal What the pool goes by, where it was opened at run time. */
  templateOf(provider: string): PoolTemplate | undefined {
    return this.#templates.get(provider);
  }

  /** @internal The names of the pools that were opened by this provider. */
  *openedLike(provider: string): Iterable<string> {
    for (const [name, { like }] of this.#templates) if (like === provider) yield name;
  }

  /** @internal Makes the pool of a name that no provider has. */
  addPool(provider: string, template: PoolTemplate): KeyPool {
    this.#templates.set(provider, template);
    this.#pauses.set(provider, this.#pauseJournal?.of(provider), 'store');
    return this.ensurePool(provider);
  }

  /** @internal Tells everybody that no call of the pool begins any more. */
  poolClosing(provider: string): void {
    const pool = this.#pools.get(provider);
    if (pool) pool.isClosing = true;
    for (const observer of this.#observers) observer.poolClosing?.(provider);
  }

  /** @internal Managed calls of the pool that are under way, or leases where there are more. */
  callsUnderWay(provider: string): number {
    let leases = 0;
    for (const { inFlight } of this.#pools.get(provider)?.records() ?? []) leases += inFlight;
    return Math.max(leases, ...this.#observers.map((observer) => observer.callsUnderWay?.(provider) ?? 0));
  }

  /** @internal Ends the calls of a closing pool that only wait. */
  cutPool(provider: string): void {
    for (const observer of this.#observers) observer.poolCut?.(provider);
  }

  /** @internal Forgets the pool, once no call of it is under way. What is known of its keys stays in the store, as of keys that the environment names no more. */
  dropPool(provider: string): void {
    const pool = this.#pools.get(provider);
    pool?.calls.flush();
    for (const observer of this.#observers) observer.poolIdle?.(provider);
    for (const record of [...(pool?.records() ?? [])]) pool!.delete(record, 'source');
    for (const observer of this.#observers) observer.poolClosed?.(provider);
    this.#pools.delete(provider);
    this.#templates.delete(provider);
    this.#pauses.forget(provider);
  }

  /**
   * Has the provider serve no calls: new ones, and those that wait for a key, fail at once with `NO_HEALTHY_KEYS`; calls in flight end normally, and
   * keys are checked as ever. For all instances that share the store, and over restarts. Again with another `until`, it changes the end.
   * In force at once, durable when it resolves.
   * @param until When it ends by itself. Left out: when somebody resumes it.
   * @throws UnknownProviderError, RangeError where `until` is no time in the future
   * @throws StoreUnavailableError when the store has not taken the change after 5 s
   */
  async pause(provider: string, { until }: { until?: Date | undefined } = {}): Promise<void> {
    this.#known(provider);
    const now = this.clock.now();
    const ends = until === undefined ? Infinity : until instanceof Date ? until.getTime() : NaN;
    if (!(ends > now) || (ends !== Infinity && !isExpiry(ends)))
      throw new RangeError('until must be a Date in the future, or be left out.');
    const pause = { since: this.#pauses.get(provider)?.since ?? now, until: ends };
    this.#pauses.set(provider, pause, 'administrator');
    this.#pauseJournal?.put(provider, pause);
    await this.#pauseJournal?.saved(provider);
  }

  /**
   * Ends the provider's pause, everywhere; does nothing where there is none. In force at once, durable when it resolves.
   * @throws UnknownProviderError
   * @throws StoreUnavailableError when the store has not taken the change after 5 s
   */
  async resume(provider: string): Promise<void> {
    this.#known(provider);
    this.#pauses.set(provider, undefined, 'administrator');
    this.#pauseJournal?.put(provider, undefined);
    await this.#pauseJournal?.saved(provider);
  }

  /** Whether pauses are shared and outlive the process. @internal */
  get keepsPauses(): boolean {
    return this.#pauseJournal?.isKept ?? false;
  }

  /** @internal */
  usePauseJournal(journal: PauseJournal): void {
    this.#pauseJournal = journal;
  }

  /** @internal What an administrator did on another instance, or before a restart. The provider may have no pool yet. */
  takePause(provider: string, pause: ProviderPause | undefined, by: ChangedBy): void {
    this.#pauses.set(provider, pause, by);
  }

  /** @internal One of many changes by one act of an administrator: its events are marked, and `keysChanged` sums them up. */
  asGroup<T>(change: () => T): T {
    this.#isGrouping = true;
    try {
      return change();
    } finally {
      this.#isGrouping = false;
    }
  }

  /** @internal Emits the event that sums up many changes. */
  keysChanged(provider: string, change: BulkChange, count: number): void {
    const at = new Date(this.clock.now());
    this.#events.next({ type: 'keys_changed', provider, at, by: 'administrator', change, count });
  }

  /** @internal */
  pools(): IterableIterator<KeyPool> {
    return this.#pools.values();
  }

  /** @internal */
  pool(provider: string): KeyPool | undefined {
    return this.#pools.get(provider);
  }

  /** @internal The provider's pool, made if it is new. */
  ensurePool(provider: string): KeyPool {
    return getOrCreate(this.#pools, provider, () => {
      const pool = new KeyPool(provider, this, this.clock, this.random, this.#sharing);
      pool.pause = this.#pauses.get(provider);
      pool.accounts.meters.prices = this.#prices;
      this.#setUp?.(pool);
      this.#observeCalls(pool);
      this.#shareLimits?.(provider, pool.accounts);
      return pool;
    });
  }

  /** @internal Calls the observer for everything that happens, until the returned function is called. */
  observe(observer: Partial<PoolObserver>): () => void {
    this.#setObservers([...this.#observers, observer]);
    return () => {
      this.#setObservers(this.#observers.filter((each) => each !== observer));
    };
  }

  /** @internal A new list for somebody who collects the used keys from time to time. */
  usedKeys(): UsedKeys {
    return new UsedKeys(1 << this.#usedKeys++);
  }

  /** @internal Where instances share keys: the accounts of every pool are divided among them, also of pools that are made later. */
  shareLimits(share: (provider: string, accounts: SharedLimits) => void): void {
    this.#shareLimits = share;
    for (const pool of this.#pools.values()) share(pool.provider, pool.accounts);
  }

  /** @internal Gives each pool its settings when it is made, before it has keys. */
  setUpWith(setUp: (pool: KeyPool) => void): void {
    this.#setUp = setUp;
    for (const pool of this.#pools.values()) setUp(pool);
  }

  /** @internal What vendors ask for, in every pool. */
  usePrices(prices: Prices | undefined): void {
    this.#prices = prices;
    for (const pool of this.#pools.values()) pool.accounts.meters.prices = prices;
  }

  /** @internal */
  useJournal(journal: KeyJournal | undefined): void {
    this.#journal = journal;
  }

  /** @internal Resolves when the key's changes are durable. */
  async saved(provider: string, keyId: string): Promise<void> {
    await this.#journal?.saved(provider, keyId);
  }

  /** @internal */
  keyChanged(record: KeyRecord, changed: KeyChangeEvent): void {
    const isGrouped = this.#isGrouping && changed.by === 'administrator';
    const event: KeyChangeEvent = isGrouped ? { ...changed, grouped: true } : changed;
    for (const observer of this.#observers) observer.keyChanged?.(record, event);
    this.#events.next(event);
  }

  /** @internal Emits an event that is no change of a single key. */
  providerChanged(event: ProviderEvent | RunsOutEvent): void {
    this.#events.next(event);
  }

  /** @internal */
  removalsDoubted(event: RemovalsDoubtedEvent): void {
    for (const observer of this.#observers) observer.removalsDoubted?.(event);
    this.#events.next(event);
  }

  /** @internal */
  budgetReached(event: BudgetThresholdEvent): void {
    for (const observer of this.#observers) observer.budgetReached?.(event);
    this.#events.next(event);
  }

  /** @internal */
  usdCounted(provider: string): void {
    for (const observer of this.#observers) observer.usdCounted?.(provider);
  }

  /** @internal */
  accountFound(record: KeyRecord): void {
    for (const observer of this.#observers) observer.accountFound?.(record);
  }

  probeWanted(record: KeyRecord): void {
    for (const observer of this.#observers) observer.probeWanted?.(record);
  }

  /** @internal Delivers the calls that the observers have not seen yet. */
  flushCalls(): void {
    for (const pool of this.#pools.values()) pool.calls.flush();
  }

  /** @internal */
  callsPending(): void {
    for (const observer of this.#observers) observer.callsPending?.();
  }

  /** @internal */
  callWaited(provider: string, ms: number): void {
    for (const observer of this.#observers) observer.callWaited?.(provider, ms);
  }

  /** @internal */
  breakerChanged(provider: string, status: BreakerStatus): void {
    for (const observer of this.#observers) observer.breakerChanged?.(provider, status);
  }

  /** @internal */
  keyFreed(provider: string): void {
    for (const observer of this.#observers) observer.keyFreed?.(provider);
  }

  #setObservers(observers: readonly Partial<PoolObserver>[]): void {
    this.#observers = observers;
    for (const pool of this.#pools.values()) this.#observeCalls(pool);
  }

  #observeCalls(pool: KeyPool): void {
    pool.calls.observe(this.#observers.flatMap((observer) => observer.callsOf?.(pool.provider) ?? []));
  }

  #known(provider: string): KeyPool {
    const pool = this.#pools.get(provider);
    if (pool) return pool;
    // Those that were opened may be very many, and their names those of customers.
    const known = [...this.#pools.keys()].filter((name) => !this.#templates.has(name));
    throw new UnknownProviderError(provider, known);
  }

  async #change(provider: string, keyId: string, change: (pool: KeyPool, record: KeyRecord) => void): Promise<void> {
    const pool = this.#known(provider);
    const record = pool.record(keyId);
    if (!record) throw new UnknownKeyError(provider, keyId);
    change(pool, record);
    await this.saved(provider, keyId);
  }
}
