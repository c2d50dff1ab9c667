import type { Balance } from '../checkers/read-balance';
import { getOrCreate } from '../common/get-or-create';
import { hourOfDay } from '../common/hour-of-day';
import type { Spendable } from '../forecast/run-out';
import type { DayLeft } from '../pool/day-left';
import type { KeyRecord } from '../pool/key/key-record';
import type { PeriodMeter } from '../pool/limits/period-meter';

/** Something that can run out: what is left of a balance, a limit or a budget, of one key or of several that share it. */
export interface Funds {
  /** Names it among those of its provider: the same from one look to the next, and on all instances. */
  readonly subject: string;
  readonly keys: readonly KeyRecord[];
  /** What is counted: `usd`, `tokens`, `requests`, or the vendor's own unit. */
  readonly unit: string;
  readonly left: number;
  /** What was spent of the present period; undefined for a balance, which only falls. */
  readonly spent?: number;
  /** When all of it is there again. Milliseconds since the epoch. */
  readonly endsAt?: number;
  /** When this was so. Milliseconds since the epoch. */
  readonly at: number;
  /** The hour of the day by which it is spent, where that is not UTC. */
  readonly hourOf?: Spendable['hourOf'];
  /** The vendor was asked for it. */
  readonly isBalance?: boolean;
  /** It bounds calls of one model alone: what is left of the provider does not end with it. Other instances may not see it. */
  readonly isOfModel?: boolean;
  /** What counts it, where it is a budget or a limit of a day. */
  readonly meter?: PeriodMeter;
  /** Whose it is: a key's, an account's by its name, or undefined where it is the provider's. */
  readonly owner?: KeyRecord | string | undefined;
}

/** The account of keys that share one, or a key of its own. */
const accountOf = ([key]: readonly KeyRecord[]): Funds['owner'] => key?.account?.name ?? key;

/** Whether it is spent slowly enough to be foretold. */
export const isForetold = ({ terms }: PeriodMeter): boolean => terms.per === 'day' || terms.per === 'month';

/** What is left of a limit of the day, or of a budget by the day or the month. */
export function meterFunds(meter: PeriodMeter, keys: readonly KeyRecord[], now: number): Funds {
  const { kind, scope, subject, unit, per, timeZone } = meter.terms;
  const spent = meter.spent(now);
  const zone = timeZone();
  // Two budgets may differ in their zone alone; limits do not.
  const words = [kind, subject, unit, per, ...(kind === 'budget' && zone !== 'UTC' ? [zone] : [])];
  const owner = { key: keys[0], account: keys.length > 1 ? accountOf(keys) : keys[0], provider: undefined }[scope];
  return {
    ...{ subject: words.join(' '), keys, unit, left: meter.limit - spent, spent, endsAt: meter.endsAt(now), at: now },
    ...{ meter, owner },
    ...(zone !== 'UTC' && { hourOf: (at: number) => hourOfDay(zone, at) }),
  };
}

/** What a vendor says is left. */
export function balanceFunds(
  subject: string,
  keys: readonly KeyRecord[],
  { left, unit, limit, endsAt, readAt }: Balance & { readonly readAt: number },
): Funds {
  return {
    ...{ subject: `balance ${subject}`, keys, unit, left, at: readAt, isBalance: true },
    ...(limit !== undefined && { spent: limit - left }),
    ...(endsAt !== undefined && { endsAt }),
    owner: subject.startsWith('key:') ? keys[0] : accountOf(keys),
  };
}

/** What a vendor's headers say is left of a day. */
export function dayFunds({ keys, model, unit, left, endsAt }: DayLeft, now: number): Funds {
  const whose = keys[0]!.account?.sharedName ?? `key:${keys[0]!.id}`;
  return {
    ...{ subject: `stated ${whose} ${model ?? ''}`, keys, unit, left, at: now, isOfModel: true },
    ...(endsAt !== undefined && { endsAt }),
    owner: accountOf(keys),
  };
}

/** What is left of a provider in one unit. */
interface SumOfUnit {
  parts: number;
  readonly first: Funds;
  left: number;
  at: number;
  endsAt: number;
  /** The keys in use that have something left. */
  readonly keys: Set<KeyRecord>;
}

/** Adds up what is left of a provider as a whole. */
export class ProviderFunds {
  readonly #units = new Map<string, SumOfUnit>();

  /** @param inUse The keys that calls may be made with, now or later. */
  constructor(private readonly inUse: ReadonlySet<KeyRecord>) {}

  add(funds: Funds): void {
    const { unit, keys, left, at, endsAt = Infinity, isOfModel } = funds;
    if (isOfModel === true) return;
    const sum = getOrCreate(this.#units, unit, (): SumOfUnit => ({
      parts: 0,
      first: funds,
      left: 0,
      at,
      endsAt,
      keys: new Set(),
    }));
    sum.parts += 1;
    sum.left += Math.max(0, left);
    sum.at = Math.max(sum.at, at);
    sum.endsAt = Math.min(sum.endsAt, endsAt);
    for (const key of keys) if (this.inUse.has(key)) sum.keys.add(key);
  }

  /** Of each unit in which every key in use has something left: keys without a bound never run out. Where all of them have one thing, it is that. */
  whole(): Funds[] {
    return Array.from(this.#units, ([unit, { parts, first, left, at, endsAt, keys }]) => {
      if (keys.size < this.inUse.size) return [];
      if (parts === 1) return [first];
      return [{ subject: 'provider', keys: [...keys], unit, left, at, ...(endsAt < Infinity && { endsAt }) }];
    }).flat();
  }
}
