import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Clock } from '../common/clock';
import { Timer } from '../common/coalescing-timer';
import { getOrCreate } from '../common/get-or-create';
import { runOut } from '../forecast/run-out';
import { runOutWarning } from '../forecast/run-out-warning';
import { HOUR_MS, SpendingHistory } from '../forecast/spending-history';
import { CheckLeadership } from '../health/check-leadership';
import { CLOCK } from '../key-management.constants';
import { RUN_OUT_WARNINGS, type RunOutWarning, type RunsOutEvent } from '../pool/key-events';
import { dayLeft } from '../pool/day-left';
import type { KeyPool } from '../pool/key-pool';
import { KeyPoolService } from '../pool/key-pool.service';
import type { KeyRecord } from '../pool/key/key-record';
import type { PeriodMeter } from '../pool/limits/period-meter';
import { isRemoved } from '../pool/key/key-state';
import { PersistenceService } from '../store/persistence.service';
import { BalancesService, type BalanceOfKeys } from './balances.service';
import { accountOf, fundsOfProvider, type Funds } from './funds';
import { RunOutsTold } from './run-outs-told';

/** Between two looks at what was spent. Milliseconds. */
const LOOK_MS = 60_000;
/** Of what is there again within this time only the last hours are warned of: it runs out a day ahead every day. Milliseconds. */
const SHORT_PERIOD_MS = 36 * HOUR_MS;

/** When something of a provider runs out, as it was last foretold. */
export interface ProviderOutlook {
  readonly provider: string;
  /** When no key has anything left; undefined where that is not known, or never comes. Milliseconds since the epoch. */
  readonly runsOutAt?: number;
  /** What is left of all balances, by their unit. */
  readonly balances: ReadonlyMap<string, number>;
}

/** Looks every minute at what is left of keys, accounts and providers, foretells when it is spent, and says so a day and two hours ahead. */
@Injectable()
export class ForecastService implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger('KeyManagement');
  readonly #histories = new Map<string, SpendingHistory>();
  readonly #outlooks = new Map<string, ProviderOutlook>();
  readonly #told: RunOutsTold;
  readonly #ticks: Timer;
  #closed = false;

  constructor(
    private readonly pools: KeyPoolService,
    private readonly balances: BalancesService,
    private readonly leadership: CheckLeadership,
    private readonly persistence: PersistenceService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#told = new RunOutsTold(persistence.link);
    pools.observe({ poolClosed: (provider) => this.#outlooks.delete(provider) });
    this.#ticks = new Timer(clock, LOOK_MS, () => void this.#tick());
  }

  onApplicationBootstrap(): void {
    this.#ticks.start();
  }

  onModuleDestroy(): void {
    this.#closed = true;
    this.#ticks.stop();
  }

  /** Of every provider of which something is known. */
  outlooks(): Iterable<ProviderOutlook> {
    return this.#outlooks.values();
  }

  outlook(provider: string): ProviderOutlook | undefined {
    return this.#outlooks.get(provider);
  }

  async #tick(): Promise<void> {
    try {
      await this.#round();
    } catch (error) {
      const said = error instanceof Error ? error.message : 'unknown error';
      this.#logger.error(`The forecast failed: ${said}`);
    }
    if (!this.#closed) this.#ticks.start();
  }

  async #round(): Promise<void> {
    const due = [...this.pools.pools()].filter((pool) => this.balances.isDue(pool));
    if (due.length > 0 && (await this.leadership.heldForSure()))
      await Promise.all(due.map((pool) => this.balances.ask(pool)));
    if (this.#closed) return;
    const warnings = this.#look();
    if (warnings.length > 0 && this.persistence.link.isLoaded && (await this.leadership.heldForSure()))
      for (const warning of warnings) this.#tell(warning);
  }

  /** Takes in what was spent, and foretells. Gives what is to be told. */
  #look(): Warning[] {
    const now = this.clock.now();
    const seen = new Set<string>();
    const warnings: Warning[] = [];
    for (const pool of this.pools.pools()) {
      const balances = [...this.balances.of(pool)];
      const all = [...balances.map(balanceFunds), ...metered(pool, now), ...statedDays(pool, now)];
      if (all.length === 0) {
        if (this.#outlooks.delete(pool.provider)) for (const record of pool.records()) record.funds = undefined;
        continue;
      }
      const whole = fundsOfProvider(all, keysInUse(pool));
      const ends = new Map<Funds, number | undefined>();
      for (const funds of new Set([...all, ...whole])) {
        const name = nameOf(pool, funds);
        seen.add(name);
        const found = this.#foretold(name, funds, now);
        ends.set(funds, found.at);
        if (found.isKnown) warnings.push(...this.#warning(pool, funds, name, found.at, now));
      }
      this.#show(pool, { balances, all, whole, ends });
    }
    for (const name of this.#histories.keys()) if (!seen.has(name)) this.#histories.delete(name);
    return warnings;
  }

  /** When it runs out, or that it does not; `isKnown` is false while too little was seen to say either. */
  #foretold(
    name: string,
    { at: readAt, left, spent, endsAt }: Funds,
    now: number,
  ): { readonly at?: number; readonly isKnown: boolean } {
    const history = getOrCreate(this.#histories, name, () => new SpendingHistory());
    if (spent === undefined) history.readLeft(readAt, left);
    else history.readSpent(readAt, spent);
    const found = runOut(history, left, readAt, endsAt);
    // What was read a while ago may have ended since.
    if (found?.at !== undefined) return { at: Math.max(found.at, now), isKnown: true };
    return { isKnown: found === undefined && readAt - (history.since ?? readAt) >= HOUR_MS };
  }

  #show(pool: KeyPool, { balances: found, all, whole, ends }: Foretold): void {
    const soonest = new Map<KeyRecord, number>();
    for (const funds of all)
      for (const key of funds.keys)
        soonest.set(key, Math.min(soonest.get(key) ?? Infinity, ends.get(funds) ?? Infinity));
    for (const funds of all) if (funds.meter) funds.meter.runsOutAt = ends.get(funds);
    const balances = new Map<string, number>();
    const balanceOf = new Map<KeyRecord, { left: number; unit: string; readAt: number }>();
    for (const { keys, balance } of found) {
      const { left, unit, readAt } = balance;
      balances.set(unit, (balances.get(unit) ?? 0) + left);
      for (const key of keys) balanceOf.set(key, { left, unit, readAt });
    }
    for (const record of pool.records()) {
      const runsOutAt = soonest.get(record) ?? Infinity;
      const balance = balanceOf.get(record);
      const isKnown = balance !== undefined || runsOutAt < Infinity;
      record.funds = isKnown ? { ...(balance && { balance }), ...(runsOutAt < Infinity && { runsOutAt }) } : undefined;
    }
    const { provider } = pool;
    const runsOutAt = Math.min(...whole.map((funds) => ends.get(funds) ?? Infinity));
    this.#outlooks.set(provider, { provider, balances, ...(runsOutAt < Infinity && { runsOutAt }) });
  }

  #warning(pool: KeyPool, funds: Funds, name: string, at: number | undefined, now: number): Warning[] {
    const isShort = funds.endsAt !== undefined && funds.endsAt - now < SHORT_PERIOD_MS;
    const thresholds = isShort ? RUN_OUT_WARNINGS.slice(-1) : RUN_OUT_WARNINGS;
    const told = this.#told.of(pool.provider, name);
    const { due, told: toldNow } = runOutWarning(at, told, thresholds, now);
    if (due === undefined && toldNow === told) return [];
    return [{ pool, funds, name, hours: due, told: toldNow, at }];
  }

  #tell({ pool, funds, name, hours, told, at }: Warning): void {
    this.#told.set(pool.provider, name, told);
    if (hours !== undefined && at !== undefined)
      this.pools.providerChanged(runsOutEvent(pool, funds, hours, at, this.clock.now()));
  }
}

/** What is left of one provider, and when that ends. */
interface Foretold {
  readonly balances: readonly BalanceOfKeys[];
  readonly all: readonly Funds[];
  readonly whole: readonly Funds[];
  readonly ends: ReadonlyMap<Funds, number | undefined>;
}

/** What is to be noted as told of, and, where `hours` is there, to be told. */
interface Warning {
  readonly pool: KeyPool;
  readonly funds: Funds;
  readonly name: string;
  readonly hours: RunOutWarning | undefined;
  readonly told: RunOutWarning | undefined;
  readonly at: number | undefined;
}

const nameOf = ({ provider }: KeyPool, { subject, unit }: Funds): string => `${provider} ${subject} ${unit}`;

/** The limits by the day that the user states, and budgets by the day and the month. */
function* metered(pool: KeyPool, now: number): Iterable<Funds> {
  const keysOf = new Map<PeriodMeter, KeyRecord[]>();
  for (const record of pool.records())
    for (const meter of record.meters ?? [])
      if (meter.terms.per === 'day' || meter.terms.per === 'month')
        getOrCreate(keysOf, meter, (): KeyRecord[] => []).push(record);
  for (const [meter, keys] of keysOf) {
    const { kind, scope, subject, unit, per } = meter.terms;
    const spent = meter.spent(now);
    const shared = keys.length > 1 && scope === 'account' ? accountOf(keys) : undefined;
    const common = { subject: `${kind} ${subject} ${unit} ${per}`, keys, unit, left: meter.limit - spent, spent };
    yield { ...common, endsAt: meter.endsAt(now), at: now, meter, ...(shared !== undefined && { account: shared }) };
  }
}

/** What a vendor says is left. */
function balanceFunds({ subject, keys, balance }: BalanceOfKeys): Funds {
  const { left, unit, limit, endsAt, readAt } = balance;
  const account = subject.startsWith('key:') ? undefined : accountOf(keys);
  return {
    ...{ subject: `balance ${subject}`, keys, unit, left, at: readAt },
    ...(limit !== undefined && { spent: limit - left }),
    ...(endsAt !== undefined && { endsAt }),
    ...(account !== undefined && { account }),
  };
}

/** What vendors' headers say is left of a day. */
function* statedDays(pool: KeyPool, now: number): Iterable<Funds> {
  const found = dayLeft(pool.records(), (ordinal) => pool.modelOf(ordinal), now);
  for (const { keys, model, unit, left, endsAt } of found) {
    const account = accountOf(keys);
    const whose = keys[0]!.account?.sharedName ?? `key:${keys[0]!.id}`;
    yield {
      ...{ subject: `stated ${whose} ${model ?? ''}`, keys, unit, left, at: now, isOfModel: true },
      ...(endsAt !== undefined && { endsAt }),
      ...(account !== undefined && { account }),
    };
  }
}

function keysInUse(pool: KeyPool): ReadonlySet<KeyRecord> {
  const keys = new Set<KeyRecord>();
  for (const record of pool.records()) if (record.enabled && !isRemoved(record.state)) keys.add(record);
  return keys;
}

const inWords = (amount: number): string => String(Number(amount.toPrecision(4)));

function runsOutEvent(
  { provider }: KeyPool,
  { subject, keys, account, unit, left }: Funds,
  hours: RunOutWarning,
  at: number,
  now: number,
): RunsOutEvent {
  const key = subject !== 'provider' && account === undefined ? keys[0] : undefined;
  const whose = key
    ? `key ${key.key.masked} of ${provider}`
    : account === undefined
      ? provider
      : `account ${account} of ${provider}`;
  const by = new Date(at).toISOString();
  return {
    ...{ type: 'runs_out', provider, at: new Date(now), by: 'time', hours, unit, left, runsOutAt: new Date(at) },
    ...(key && { keyId: key.id, maskedKey: key.key.masked }),
    ...(account !== undefined && { account }),
    reason:
      left > 0
        ? `The ${inWords(left)} ${unit} left of ${whose} will be spent by ${by} at the present pace.`
        : `No ${unit} is left of ${whose}.`,
  };
}
