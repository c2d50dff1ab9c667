import { dayEnd } from '../common/day-end';
import { getOrCreate } from '../common/get-or-create';
import type { KeyRecord } from './key/key-record';
import { DayLimits, type DayClaimsPort, type DayGrant, type DayWant } from './limits/day-limits';
import type { HardLimits } from './limits/hard-limits';

/** The name of those who share the limits that the user states: they are declared to. */
const statedFor = ({ account, id }: KeyRecord): string =>
  account?.from === 'declared' ? account.sharedName : `key:${id}`;

/** What was used of one limit of a day. */
export interface DaySpending {
  readonly account: string;
  readonly keys: readonly KeyRecord[];
  readonly unit: 'requests' | 'tokens';
  readonly spent: number;
  readonly limit: number;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
}

/** The limits by the day that are stated for the accounts of one pool, and what is claimed of them. */
export class AccountDays implements DayClaimsPort {
  /** What was used today, by account: also where the limit was taken away meanwhile, or its keys. */
  readonly #days = new Map<string, DayLimits>();
  /** Claims more of a day; undefined where this instance may use all. */
  #wanted: (() => void) | undefined;

  /** @param zone The time zone of the vendor's day. */
  constructor(
    private readonly pool: { readonly records: () => Iterable<KeyRecord>; readonly partsChanged: () => void },
    private readonly zone: () => string,
  ) {}

  claimDays(wanted: () => void): void {
    this.#wanted = wanted;
    for (const day of this.#days.values()) day.claims(wanted);
  }

  dayWants(now: number): readonly DayWant[] {
    return this.#limited().flatMap(([account, { limits, day }]) => {
      const want = day?.want(limits, now);
      return want ? [{ account, ...want }] : [];
    });
  }

  dayGranted(grant: DayGrant, now: number): void {
    for (const [account, { day }] of this.#limited()) if (account === grant.account) day?.granted(grant, now);
    this.pool.partsChanged();
  }

  daysUsed(now: number): ReturnType<DayClaimsPort['daysUsed']> {
    return this.#limited().map(([account, { day }]) => ({
      account,
      day: day!.endsAt(now),
      used: day!.amounts(now),
    }));
  }

  /** What was used today of each stated limit by this instance, with the keys that share it. */
  *spending(now: number): Iterable<DaySpending> {
    const keysOf = new Map<HardLimits, KeyRecord[]>();
    for (const record of this.pool.records())
      if (record.hardLimits?.day !== undefined)
        getOrCreate(keysOf, record.hardLimits, (): KeyRecord[] => []).push(record);
    for (const [{ day, limits }, keys] of keysOf) {
      const { requests, tokens } = day!.amounts(now);
      const common = { account: statedFor(keys[0]!), keys, endsAt: day!.endsAt(now) };
      const { requestsPerDay, tokensPerDay } = limits;
      if (requestsPerDay !== undefined) yield { ...common, unit: 'requests', spent: requests, limit: requestsPerDay };
      if (tokensPerDay !== undefined) yield { ...common, unit: 'tokens', spent: tokens, limit: tokensPerDay };
    }
  }

  /** When the present day of the vendor ends. Milliseconds since the epoch. */
  endsAt(now: number): number {
    return dayEnd(this.zone(), now);
  }

  /** The accounts whose days are limited. */
  #limited(): readonly (readonly [account: string, limits: HardLimits])[] {
    const days = new Map<HardLimits, string>();
    for (const record of this.pool.records()) {
      const { hardLimits } = record;
      if (hardLimits?.day !== undefined && !days.has(hardLimits)) days.set(hardLimits, statedFor(record));
    }
    return Array.from(days, ([hard, name]) => [name, hard] as const);
  }

  /** The limits that are stated for the key, and for those that share them, have changed. */
  limit(hard: HardLimits, record: KeyRecord): void {
    const { requestsPerDay, tokensPerDay } = hard.limits;
    if (requestsPerDay === undefined && tokensPerDay === undefined) {
      hard.day = undefined;
      return;
    }
    hard.day = getOrCreate(this.#days, statedFor(record), () => new DayLimits(this.zone, this.#wanted));
    hard.day.changed();
    this.#wanted?.();
  }

  /** A call has used of the day. On the path of calls with keys that have such limits. */
  used({ day, limits }: HardLimits): void {
    if (day?.isLow(limits)) this.#wanted?.();
  }
}
