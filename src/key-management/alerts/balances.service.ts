import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { HealthCheckerRegistry } from '../checkers/health-checker.registry';
import type { Balance } from '../checkers/read-balance';
import { VendorHealthChecker } from '../checkers/vendor-health-checker';
import type { Clock, Random } from '../common/clock';
import { mapConcurrent } from '../common/event-loop';
import { getOrCreate } from '../common/get-or-create';
import { CLOCK, RANDOM } from '../key-management.constants';
import type { KeyPool } from '../pool/key-pool';
import type { KeyRecord } from '../pool/key/key-record';
import type { Json, FieldChange, StoredDocument } from '../store/port/key-store';
import { PersistenceService } from '../store/persistence.service';
import type { DocumentOwner, KnownDocument } from '../store/sync/document-owner';

/** A document per provider, with a register for each key or account. */
const BALANCES = 'balances/';
/** Between two questions, a tenth more or less by chance; and before the first. Milliseconds. */
const EVERY_MS = 15 * 60_000;
const FIRST_MS = 10_000;
const ASK_TIMEOUT_MS = 15_000;
/** Questions of one provider at once. */
const PARALLEL = 4;
/** A balance that was not read for this long is not shown any more. Milliseconds. */
const STALE_MS = 2 * 60 * 60_000;

/** A balance, and when it was read. Milliseconds since the epoch. */
interface ReadBalance extends Balance {
  readonly readAt: number;
}

/** A balance with the keys that have it: one or, of an account, several. */
export interface BalanceOfKeys {
  readonly subject: string;
  readonly keys: readonly KeyRecord[];
  readonly balance: ReadBalance;
}

/**
 * What vendors say is left of their keys and accounts: the leading instance asks from time to time, by the road of the health checks, and tells the others
 * through the store. Nothing that a vendor answers here changes a key.
 */
@Injectable()
export class BalancesService implements DocumentOwner, OnModuleDestroy {
  readonly prefix = BALANCES;
  readonly #known = new Map<string, Map<string, ReadBalance>>();
  readonly #nextAt = new Map<string, number>();
  readonly #controllers = new Set<AbortController>();
  readonly #link: PersistenceService['link'];
  #closed = false;

  constructor(
    private readonly registry: HealthCheckerRegistry,
    persistence: PersistenceService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RANDOM) private readonly random: Random,
  ) {
    this.#link = persistence.link;
    this.#link.own(this);
  }

  onModuleDestroy(): void {
    this.#closed = true;
    for (const controller of this.#controllers) controller.abort();
  }

  providerOf(doc: string): string {
    return doc.slice(BALANCES.length);
  }

  /** The provider's pool is closed. */
  forget(provider: string): void {
    this.#known.delete(provider);
    this.#nextAt.delete(provider);
  }

  /** What is left of the keys of the pool, as far as it was read lately. */
  *of(pool: KeyPool): Iterable<BalanceOfKeys> {
    const known = this.#known.get(pool.provider);
    if (known === undefined) return;
    const now = this.clock.now();
    for (const [subject, keys] of this.#subjects(pool)) {
      const balance = known.get(subject);
      if (balance !== undefined && now - balance.readAt <= STALE_MS) yield { subject, keys, balance };
    }
  }

  /** Whether the provider's vendor is to be asked now. */
  isDue(pool: KeyPool): boolean {
    if (this.#closed || pool.size === 0 || this.#checker(pool) === undefined) return false;
    const now = this.clock.now();
    return now >= getOrCreate(this.#nextAt, pool.provider, () => now + this.random() * FIRST_MS);
  }

  /** Asks the provider's vendor for each key, or one key of each account. Never rejects. */
  async ask(pool: KeyPool): Promise<void> {
    const checker = this.#checker(pool);
    if (checker === undefined) return;
    this.#nextAt.set(pool.provider, this.clock.now() + EVERY_MS * (0.9 + 0.2 * this.random()));
    const read = await mapConcurrent(this.#subjects(pool), PARALLEL, async ([subject, keys]) => {
      const record = keys.find(({ state }) => state.status !== 'invalid_key');
      return [subject, record && (await this.#ask(checker, record))] as const;
    });
    if (this.#closed) return;
    // One time for all: they are read as one, and added up.
    const readAt = this.clock.now();
    for (const [subject, balance] of read)
      if (balance !== undefined) this.#put(pool.provider, subject, { ...balance, readAt });
  }

  merge({ doc, registers }: StoredDocument): void {
    for (const [subject, { value }] of Object.entries(registers)) this.#take(doc, subject, value);
  }

  changed(change: FieldChange): void {
    if (change.kind === 'set') this.#take(change.doc, change.field, change.register.value);
  }

  *known(): Iterable<KnownDocument> {
    for (const [provider, balances] of this.#known) {
      const registers = Object.fromEntries(Array.from(balances, ([subject, balance]) => [subject, jsonOf(balance)]));
      yield { doc: BALANCES + provider, registers, maxima: {} };
    }
  }

  /** Keys by what they have in common: those in use, an account's together where the vendor counts by accounts. */
  #subjects(pool: KeyPool): Map<string, KeyRecord[]> {
    const subjects = new Map<string, KeyRecord[]>();
    const isOfKey = this.#checker(pool)?.resolved.balance?.of === 'key';
    for (const record of pool.records()) {
      if (!record.enabled) continue;
      const subject = (isOfKey ? undefined : record.account?.sharedName) ?? `key:${record.id}`;
      getOrCreate(subjects, subject, (): KeyRecord[] => []).push(record);
    }
    return subjects;
  }

  #checker({ provider }: KeyPool): VendorHealthChecker | undefined {
    if (!this.registry.has(provider)) return undefined;
    const checker = this.registry.get(provider);
    return checker instanceof VendorHealthChecker && checker.tellsBalance ? checker : undefined;
  }

  async #ask(checker: VendorHealthChecker, { key, route, tokens }: KeyRecord): Promise<Balance | undefined> {
    if (this.#closed || tokens?.isLacking === true) return undefined;
    const controller = new AbortController();
    this.#controllers.add(controller);
    const cancelTimer = this.clock.after(ASK_TIMEOUT_MS, () => controller.abort(), false);
    try {
      const place = route && { baseUrl: route.baseUrl, headers: route.revealHeaders() };
      return await checker.balance(key.reveal(), { signal: controller.signal, ...place });
    } catch {
      // What cannot be asked now is asked next time: whether the vendor can be reached is told by calls and checks.
      return undefined;
    } finally {
      cancelTimer();
      this.#controllers.delete(controller);
    }
  }

  #put(provider: string, subject: string, balance: ReadBalance): void {
    this.#set(provider, subject, balance);
    this.#link.put(BALANCES + provider, subject, jsonOf(balance));
  }

  #set(provider: string, subject: string, balance: ReadBalance): void {
    getOrCreate(this.#known, provider, () => new Map<string, ReadBalance>()).set(subject, balance);
  }

  #take(doc: string, subject: string, value: Json): void {
    const balance = balanceIn(value);
    if (balance === undefined) {
      this.#link.setAside(doc, 'a balance that is none');
      return;
    }
    const provider = doc.slice(BALANCES.length);
    this.#set(provider, subject, balance);
    // Whoever leads next need not ask at once.
    this.#nextAt.set(provider, Math.max(this.#nextAt.get(provider) ?? 0, balance.readAt + EVERY_MS));
  }
}

const jsonOf = ({ left, unit, readAt, limit, endsAt }: ReadBalance): Json => [
  left,
  unit,
  readAt,
  limit ?? null,
  endsAt ?? null,
];

const isAmount = (value: Json | undefined): value is number => typeof value === 'number' && Number.isFinite(value);

/** Nothing read from a store can stop an instance: what makes no sense is undefined. */
function balanceIn(value: Json): ReadBalance | undefined {
  if (!Array.isArray(value)) return undefined;
  const [left, unit, readAt, limit, endsAt] = value;
  if (!isAmount(left) || !isAmount(readAt) || typeof unit !== 'string' || unit.length > 40) return undefined;
  return { left, unit, readAt, ...(isAmount(limit) && { limit }), ...(isAmount(endsAt) && { endsAt }) };
}
