import { QUANTA, type PeriodMeter } from './period-meter';
import type { BudgetUnit } from './budget';

/** What a call takes of each unit; undefined where it is not known. */
export interface CallAmounts {
  readonly tokens: number | undefined;
  readonly usd: number | undefined;
}

/** What a call takes of a meter. */
export const amountFor = (unit: BudgetUnit, { tokens, usd }: CallAmounts): number | undefined =>
  unit === 'requests' ? QUANTA.requests : unit === 'tokens' ? tokens : usd;

/** One call as it is booked with the meters that count it: it reserves what it is expected to take, and is counted as what it took. */
export class MeteredCall {
  readonly #used: number[];
  readonly #reserves: boolean[];

  /** A call begins. @param now Milliseconds since the epoch. */
  constructor(
    readonly meters: readonly PeriodMeter[],
    readonly expected: CallAmounts,
    /** What a call is taken to have used of which nobody knows anything. */
    private readonly assumed: () => CallAmounts,
    now: number,
  ) {
    this.#used = meters.map(() => 0);
    this.#reserves = meters.map(() => true);
    for (const meter of meters) meter.started(amountFor(meter.terms.unit, expected), now);
  }

  /** What it uses must be reported. */
  get countsTokens(): boolean {
    return this.meters.some(({ terms }) => terms.unit !== 'requests');
  }

  /** What the call used in all, as its answer states. What is not known keeps its reservation. */
  used(amounts: CallAmounts, now: number): void {
    for (const [index, meter] of this.meters.entries()) {
      const { unit } = meter.terms;
      const amount = unit === 'requests' ? undefined : amountFor(unit, amounts);
      if (amount !== undefined) this.#count(index, amount, now, this.#reserves[index]!);
    }
  }

  /** The call ended. @param isCharged Whether the vendor may charge for it: then what nobody stated counts as it was expected. */
  ended(isCharged: boolean, now: number): void {
    for (const [index, meter] of this.meters.entries()) {
      const { unit } = meter.terms;
      if (unit === 'requests' || !this.#reserves[index]) continue;
      const known = amountFor(unit, this.expected) ?? (meter.usual > 0 ? meter.usual : undefined);
      const amount = known ?? amountFor(unit, this.assumed()) ?? 0;
      this.#count(index, isCharged ? amount : 0, now, false);
    }
  }

  #count(index: number, amount: number, now: number, isAll: boolean): void {
    const meter = this.meters[index]!;
    if (this.#reserves[index]) meter.released(amountFor(meter.terms.unit, this.expected));
    this.#reserves[index] = false;
    const more = Math.max(0, amount - this.#used[index]!);
    this.#used[index] = this.#used[index]! + more;
    if (more > 0 || isAll) meter.add(more, now, isAll);
  }
}
