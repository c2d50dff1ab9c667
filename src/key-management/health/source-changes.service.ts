import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { redactReason } from '../classification/redaction/redact';
import type { Clock } from '../common/clock';
import { mapConcurrent } from '../common/event-loop';
import type { GivenKey } from '../configuration/given-key';
import { CLOCK } from '../key-management.constants';
import type { KeyPool } from '../pool/key-pool';
import { KeyPoolService } from '../pool/key-pool.service';
import { configuredText, type KeyRecord } from '../pool/key/key-record';
import { isRemoved } from '../pool/key/key-state';
import { GONE } from '../pool/key/key-snapshot';
import { PersistenceService } from '../store/persistence.service';
import { HealthCheckService, PARALLEL_CHECKS } from './health-check.service';
import { changesOf, isMadeAnew, settingsOf, sourcePlan } from './source-plan';
import { retryAfterMs } from './token-schedule';

/** Keys that their source gives no longer are looked at this often, until their calls have ended. Milliseconds. */
const DRAIN_LOOK_MS = 1_000;
/** The instance that leads checks the keys of a start; one that it does not have is checked here after this time. Milliseconds. */
const CHECKED_BY_LEADER_MS = 30_000;
/** After this time a call is taken for one that nobody will end. Milliseconds. */
const LONGEST_DRAIN_MS = 10 * 60_000;

/** A token that its vendor refused. */
interface RefusedToken {
  readonly count: number;
  /** Milliseconds since the epoch. */
  readonly againAt: number;
}

/** Makes the pools have what their sources give: with checks before, and without cutting off calls. */
@Injectable()
export class SourceChangesService implements OnModuleDestroy {
  readonly #logger = new Logger('KeyManagement');
  /** New tokens that did not take the place of one that works, by the id that is made of them. */
  readonly #refused = new Map<string, RefusedToken>();
  /** What was said of keys that stay out: it is said once. */
  readonly #said = new Set<string>();
  /** Keys that their source gives no longer, with the time after which their calls are not waited for. Milliseconds since the epoch. */
  readonly #draining = new Map<KeyRecord, number>();
  #cancelLook = (): void => undefined;

  constructor(
    private readonly pools: KeyPoolService,
    private readonly checks: HealthCheckService,
    private readonly persistence: PersistenceService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  onModuleDestroy(): void {
    this.#draining.clear();
    this.#cancelLook();
  }

  /** Puts the keys of a first read into the pool unchecked: the start checks them with the others. */
  register(provider: string, source: string, given: readonly GivenKey[]): void {
    const pool = this.pools.ensurePool(provider);
    const plan = this.#plan(pool, source, given);
    for (const each of plan.added) this.#add(pool, source, each, true);
  }

  /**
   * Makes the pool have these keys.
   * @param isClosed Whether the app has closed meanwhile: then nothing is changed any more.
   * @throws Error when every key of them is refused: then none is taken away
   */
  async apply(provider: string, source: string, given: readonly GivenKey[], isClosed: () => boolean): Promise<void> {
    const pool = this.pools.ensurePool(provider);
    const { added, changed, replaced, kept, gone } = this.#plan(pool, source, given);
    for (const record of kept) pool.setOff(record, 'gone', false, 'source');
    for (const { record, given: now } of changed) configure(pool, record, now);
    await this.checks.checkAll(
      pool,
      kept.filter((record) => this.#isLeftUnchecked(record)),
    );
    const brought = [...added.map((each) => ({ given: each, record: undefined })), ...replaced];
    await mapConcurrent(brought, PARALLEL_CHECKS, (each) => this.#bring(pool, source, each, isClosed));
    if (isClosed() || gone.length === 0) return;
    const present = given.flatMap(({ key }) => pool.find(key) ?? []);
    const isRefused = present.some(({ status }) => status === 'invalid_key') && !present.some(isUsable);
    if (isRefused) throw new Error('each key that it gives is refused by the vendor');
    for (const record of gone) {
      pool.setOff(record, 'gone', true, 'source', redactReason(GONE));
      this.#draining.set(record, this.#draining.get(record) ?? this.clock.now() + LONGEST_DRAIN_MS);
    }
    this.#drain();
  }

  #plan(pool: KeyPool, source: string, given: readonly GivenKey[]) {
    const { provider } = pool;
    const plan = sourcePlan(pool, source, given, (id) => this.persistence.keys.isDeleted(provider, id));
    for (const { key, why } of plan.ignored) {
      const line = `${provider} key ${key.masked} of ${source} ${why}`;
      if (!this.#said.has(line)) this.#logger.warn(line);
      this.#said.add(line);
      if (!pool.find(key)) this.persistence.keys.named(provider, key.id);
    }
    return plan;
  }

  #isLeftUnchecked({ isUnchecked, probing, addedAt }: KeyRecord): boolean {
    return isUnchecked && !probing && this.clock.now() - addedAt >= CHECKED_BY_LEADER_MS;
  }

  /** Checks the key first. A new token that its vendor refuses does not take the place of one that works. */
  async #bring(
    pool: KeyPool,
    source: string,
    { given, record }: { readonly given: GivenKey; readonly record: KeyRecord | undefined },
    isClosed: () => boolean,
  ): Promise<void> {
    const { key, tokens, route } = given;
    if (tokens) {
      if (record) pool.delete(record, 'source');
      await this.checks.checkAll(pool, [this.#add(pool, source, given)]);
      return;
    }
    const isWorking = (): boolean => record !== undefined && !record.deleted && isUsable(record);
    const refused = this.#refused.get(key.tokenId);
    if (isWorking() && refused && refused.againAt > this.clock.now()) return;
    const result = await this.checks.checkNew(pool.provider, key, route);
    if (isClosed() || result.outcome === 'cancelled') return;
    if (isWorking() && (result.outcome === 'invalid_key' || result.outcome === 'quota_exceeded')) {
      this.#refuse(pool, source, given, refused, result.reason ?? result.outcome);
      return;
    }
    this.#refused.delete(key.tokenId);
    const present = this.#put(pool, source, given, record);
    if (present) pool.leaseForProbe(present).settleChecked(result);
  }

  /** The key in its place in the pool; undefined where it has none, since an administrator acted meanwhile. */
  #put(pool: KeyPool, source: string, given: GivenKey, record: KeyRecord | undefined): KeyRecord | undefined {
    const { key } = given;
    if (record === undefined || record.deleted) {
      if (pool.find(key) ?? this.persistence.keys.isDeleted(pool.provider, key.id)) return undefined;
      return this.#add(pool, source, given);
    }
    if (isMadeAnew(record, given)) {
      pool.delete(record, 'source');
      return this.#add(pool, source, given);
    }
    pool.replaceKey(record, key, 'source');
    configure(pool, record, given);
    return record;
  }

  #refuse(pool: KeyPool, source: string, { key }: GivenKey, before: RefusedToken | undefined, reason: string): void {
    const count = (before?.count ?? 0) + 1;
    // A vendor may take a while to know a new key.
    this.#refused.set(key.tokenId, { count, againAt: this.clock.now() + retryAfterMs(count, 1) });
    if (before) return;
    this.#logger.warn(
      `${pool.provider} key ${key.id}: the new token ${key.masked} from ${source} is refused (${redactReason(reason, [key.reveal()])}); the one before goes on, and the new one is tried again`,
    );
  }

  #add(pool: KeyPool, source: string, given: GivenKey, isStart = false): KeyRecord {
    return pool.add(given.key, settingsOf(given), 'configuration', isStart ? 'configuration' : 'source', source);
  }

  /** Removes the keys whose calls have ended. */
  #drain(): void {
    for (const [record, latestAt] of this.#draining) {
      const isBack = record.deleted || !record.isGone;
      if (!isBack && record.inFlight > 0 && this.clock.now() < latestAt) continue;
      this.#draining.delete(record);
      if (!isBack) this.pools.pool(record.provider)?.delete(record, 'source');
    }
    this.#cancelLook();
    if (this.#draining.size > 0) this.#cancelLook = this.clock.after(DRAIN_LOOK_MS, () => this.#drain(), false);
  }
}

/** It may be chosen, now or after a cooldown. */
const isUsable = ({ enabled, state }: KeyRecord): boolean =>
  enabled && !isRemoved(state) && state.status !== 'unchecked';

function configure(pool: KeyPool, record: KeyRecord, given: GivenKey): void {
  const settings = settingsOf(given);
  record.configured = configuredText(settings);
  const changes = changesOf(record, settings);
  if (Object.keys(changes).length > 0) pool.update(record, changes, 'source');
}
