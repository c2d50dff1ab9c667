import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Clock } from '../common/clock';
import { Timer } from '../common/coalescing-timer';
import { WorkSlice, yieldToEventLoop } from '../common/event-loop';
import { getOrCreate } from '../common/get-or-create';
import { firstRunOut, runOut, type RunOut, type RunOutTimes } from '../forecast/run-out';
import { runOutWarning } from '../forecast/run-out-warning';
import { HOUR_MS } from '../forecast/spending-history';
import { CheckLeadership } from '../health/check-leadership';
import { CLOCK } from '../key-management.constants';
import { RUN_OUT_WARNINGS, type RunOutWarning } from '../pool/key-events';
import { DaysLeft } from '../pool/day-left';
import type { KeyPool } from '../pool/key-pool';
import { KeyPoolService } from '../pool/key-pool.service';
import type { KeyFunds } from '../pool/key/key-funds';
import type { KeyRecord } from '../pool/key/key-record';
import type { PeriodMeter } from '../pool/limits/period-meter';
import { isRemoved } from '../pool/key/key-state';
import { PersistenceService } from '../store/persistence.service';
import { BalancesService } from './balances.service';
import { balanceFunds, dayFunds, isForetold, meterFunds, ProviderFunds, type Funds } from './funds';
import { runsOutEvent } from './run-out-event';
import { RunOutsTold } from './run-outs-told';
import { SpendingHistories, type KeptHistory } from './spending-histories';

/** Between two looks at what was spent. Milliseconds. */
const LOOK_MS = 60_000;
/** Of what is there again within this time only the last hours are warned of: it runs out a day ahead every day. Milliseconds. */
const SHORT_PERIOD_MS = 36 * HOUR_MS;
/** Whoever has the lock of a thing tells of it. Milliseconds. */
const TELL_MS = 30_000;
/** To how many items of a slice of work it comes to look at one key or thing, and to foretell one. */
const LOOKING = 0.1;
const FORETELLING = 4;

/** When something of a provider runs out, as it was last foretold. */
export interface ProviderOutlook extends RunOutTimes {
  readonly provider: string;
  /** What is left of all balances, by their unit. */
  readonly balances: ReadonlyMap<string, number>;
  /** When the first thing of each account runs out, of those that have some. */
  readonly accounts: ReadonlyMap<string, RunOutTimes>;
}

/** One thing that can run out, as it was last looked at. */
interface Watched {
  readonly kept: KeptHistory;
  left: number;
  found: RunOut | undefined;
  /** The look in which it was there. */
  look: number;
}

/** Looks every minute at what is left of keys, accounts and providers, foretells when it is spent, and says so a day and two hours ahead. */
@Injectable()
export class ForecastService implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger('KeyManagement');
  readonly #histories: SpendingHistories;
  /** By provider, and by name. */
  readonly #watched = new Map<string, Map<string, Watched>>();
  readonly #outlooks = new Map<string, ProviderOutlook>();
  readonly #told: RunOutsTold;
  readonly #ticks: Timer;
  #looks = 0;
  #closed = false;

  constructor(
    private readonly pools: KeyPoolService,
    private readonly balances: BalancesService,
    private readonly leadership: CheckLeadership,
    private readonly persistence: PersistenceService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#told = new RunOutsTold(persistence.link);
    this.#histories = new SpendingHistories(persistence.link, clock);
    pools.observe({
      poolClosed: (provider) => {
        this.#outlooks.delete(provider);
        this.#watched.delete(provider);
      },
    });
    this.#ticks = new Timer(clock, LOOK_MS, () => void this.#tick());
  }

  onApplicationBootstrap(): void {
    this.#ticks.start();
  }

  /** Before the store is closed. */
  onModuleDestroy(): void {
    this.#closed = true;
    this.#ticks.stop();
    if (this.persistence.link.isLoaded) this.#histories.writeAll(this.leadership.wasHeld);
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
    const warnings: Warning[] = [];
    this.#looks += 1;
    for (const pool of this.pools.pools()) if (!this.#closed) warnings.push(...(await this.#look(pool)));
    for (const warning of warnings) await this.#tell(warning);
    const unwritten = await this.#histories.takeDue();
    if (this.#closed || unwritten.length === 0 || !this.persistence.link.isLoaded) return;
    await this.#histories.write(unwritten, await this.leadership.heldForSure());
  }

  /** Takes in what was spent of one provider, and foretells. Gives what is to be told. */
  async #look(pool: KeyPool): Promise<Warning[]> {
    const { provider } = pool;
    const slice = new WorkSlice();
    const watched = getOrCreate(this.#watched, provider, () => new Map<string, Watched>());
    const { all, inUse } = await this.#fundsOf(pool, slice);
    if (all.length === 0 && watched.size === 0) return [];
    const whole = new ProviderFunds(inUse);
    for (const funds of all) {
      if (slice.isOver(LOOKING * funds.keys.length)) await yieldToEventLoop();
      whole.add(funds);
    }
    const sums = whole.whole();
    const ends = new Map<Funds, RunOut | undefined>();
    const warnings: Warning[] = [];
    for (const funds of new Set([...all, ...sums])) {
      const { runOut: found, isKnown, wasMade } = this.#foretold(provider, watched, funds);
      if (slice.isOver(wasMade ? FORETELLING : LOOKING)) await yieldToEventLoop();
      ends.set(funds, found);
      if (isKnown) warnings.push(...this.#warning(pool, funds, found?.at));
    }
    for (const [name, each] of watched) {
      if (each.look === this.#looks) continue;
      each.kept.isUsed = false;
      watched.delete(name);
    }
    await this.#show(pool, all, ends, slice);
    if (all.length === 0) this.#outlooks.delete(provider);
    else this.#outlooks.set(provider, outlookOf(provider, { all, sums, ends }));
    return warnings;
  }

  /** All that can run out of the provider, and the keys that calls may be made with, now or later. */
  async #fundsOf(pool: KeyPool, slice: WorkSlice): Promise<{ all: Funds[]; inUse: ReadonlySet<KeyRecord> }> {
    const now = this.clock.now();
    const all = Array.from(this.balances.of(pool), ({ subject, keys, balance }) =>
      balanceFunds(subject, keys, balance),
    );
    const [inUse, keysOf, days] = [new Set<KeyRecord>(), new Map<PeriodMeter, KeyRecord[]>(), new DaysLeft()];
    for (const record of pool.records()) {
      if (slice.isOver(LOOKING)) await yieldToEventLoop();
      if (record.enabled && !isRemoved(record.state)) inUse.add(record);
      for (const meter of record.meters ?? [])
        if (isForetold(meter)) getOrCreate(keysOf, meter, (): KeyRecord[] => []).push(record);
      days.add(record);
    }
    for (const [meter, keys] of keysOf) {
      if (slice.isOver(LOOKING)) await yieldToEventLoop();
      all.push(meterFunds(meter, keys, now));
    }
    for (const found of days.found((ordinal) => pool.modelOf(ordinal), now)) all.push(dayFunds(found, now));
    return { all, inUse };
  }

  /**
   * When it runs out, or that it does not; `isKnown` is false while too little was seen to say either. What nothing was spent of, and did not run out
   * before, does not now: `wasMade` says whether it was foretold anew.
   */
  #foretold(
    provider: string,
    watched: Map<string, Watched>,
    funds: Funds,
  ): { readonly runOut: RunOut | undefined; readonly isKnown: boolean; readonly wasMade: boolean } {
    const { at: readAt, left, spent, endsAt, hourOf, isOfModel = false } = funds;
    const name = nameOf(provider, funds);
    const each = getOrCreate(watched, name, (): Watched => {
      const kept = this.#histories.use(provider, name, isOfModel);
      return { kept, left: NaN, found: undefined, look: 0 };
    });
    const { history } = each.kept;
    const isSpent = spent === undefined ? history.readLeft(readAt, left) : history.readSpent(readAt, spent);
    if (isSpent) each.kept.isNews = true;
    const wasMade = isSpent || each.found !== undefined || left !== each.left;
    if (wasMade) each.found = runOut(history, { left, now: readAt, endsAt, hourOf });
    each.left = left;
    each.look = this.#looks;
    const { found } = each;
    const isKnown = found?.at !== undefined || (found === undefined && history.watchedMs(readAt) >= HOUR_MS);
    return { runOut: found && notBefore(found, this.clock.now()), isKnown, wasMade };
  }

  async #show(
    pool: KeyPool,
    all: readonly Funds[],
    ends: ReadonlyMap<Funds, RunOut | undefined>,
    slice: WorkSlice,
  ): Promise<void> {
    const fundsOf = new Map<KeyRecord, Funds[]>();
    for (const funds of all) {
      const found = ends.get(funds);
      if (funds.meter) funds.meter.runsOut = found && firstRunOut([found]);
      for (const key of funds.keys) {
        if (slice.isOver(LOOKING)) await yieldToEventLoop();
        getOrCreate(fundsOf, key, (): Funds[] => []).push(funds);
      }
    }
    for (const record of pool.records()) {
      if (slice.isOver(LOOKING)) await yieldToEventLoop();
      const own = fundsOf.get(record);
      const balance = own?.findLast(({ isBalance }) => isBalance);
      const found = own?.map((funds) => ends.get(funds)) ?? [];
      const isKnown = balance !== undefined || found.some((each) => each !== undefined);
      record.funds = isKnown ? { ...(balance && { balance: balanceIn(balance) }), ...firstRunOut(found) } : undefined;
    }
  }

  #warning(pool: KeyPool, funds: Funds, at: number | undefined): Warning[] {
    const now = this.clock.now();
    const isShort = funds.endsAt !== undefined && funds.endsAt - now < SHORT_PERIOD_MS;
    const thresholds = isShort ? RUN_OUT_WARNINGS.slice(-1) : RUN_OUT_WARNINGS;
    const name = nameOf(pool.provider, funds);
    const before = this.#told.of(pool.provider, name);
    const { due: hours, told } = runOutWarning(at, before, thresholds, now);
    return hours === undefined && told === before ? [] : [{ pool, funds, name, before, hours, told, at }];
  }

  /** Once in the fleet: not all instances may see the same. */
  async #tell({ pool: { provider }, funds, name, before, hours, told, at }: Warning): Promise<void> {
    const { link } = this.persistence;
    if (this.#closed || !link.isLoaded) return;
    if (!(await link.lock(this.#told.lockOf(provider, name), TELL_MS).catch(() => false))) return;
    if (this.#told.of(provider, name) !== before) return;
    this.#told.set(provider, name, told);
    if (hours !== undefined && at !== undefined)
      this.pools.providerChanged(runsOutEvent(provider, funds, { hours, at, now: this.clock.now() }));
  }
}

/** What is to be noted as told of, and, where `hours` is there, to be told. */
interface Warning {
  readonly pool: KeyPool;
  readonly funds: Funds;
  readonly name: string;
  readonly before: RunOutWarning | undefined;
  readonly hours: RunOutWarning | undefined;
  readonly told: RunOutWarning | undefined;
  readonly at: number | undefined;
}

function outlookOf(
  provider: string,
  { all, sums, ends }: { all: readonly Funds[]; sums: readonly Funds[]; ends: ReadonlyMap<Funds, RunOut | undefined> },
): ProviderOutlook {
  const balances = new Map<string, number>();
  const ofAccounts = new Map<string, (RunOut | undefined)[]>();
  for (const funds of all) {
    const { unit, left, owner, isBalance } = funds;
    if (isBalance) balances.set(unit, (balances.get(unit) ?? 0) + left);
    if (typeof owner === 'string')
      getOrCreate(ofAccounts, owner, (): (RunOut | undefined)[] => []).push(ends.get(funds));
  }
  const accounts = new Map(Array.from(ofAccounts, ([account, found]) => [account, firstRunOut(found)]));
  return { provider, balances, accounts, ...firstRunOut(sums.map((funds) => ends.get(funds))) };
}

const nameOf = (provider: string, { subject, unit }: Funds): string => `${provider} ${subject} ${unit}`;

/** What was foretold of what was read a while ago may have come since. */
const notBefore = ({ at, earliest, latest }: RunOut, now: number): RunOut => ({
  earliest: Math.max(earliest, now),
  ...(at !== undefined && { at: Math.max(at, now) }),
  ...(latest !== undefined && { latest: Math.max(latest, now) }),
});

const balanceIn = ({ left, unit, at }: Funds): NonNullable<KeyFunds['balance']> => ({ left, unit, readAt: at });
