import { ASSUMED, QUANTA, type PeriodMeter } from './period-meter';
import type { BudgetUnit } from './budget';

/** What a call takes of each unit; undefined where it is not known. */
export interface CallAmounts {
  readonly tokens: number | undefined;
  readonly usd: number | undefined;
}

const NOTHING: CallAmounts = Object.freeze({ tokens: undefined, usd: undefined });

/** What a call takes of a meter. */
export const amountFor = (unit: BudgetUnit, { tokens, usd }: CallAmounts): number | undefined =>
  unit === 'requests' ? QUANTA.requests : unit === 'tokens' ? tokens : usd;

/** One call as it is booked with the meters that count it: it reserves what it is expected to take, and is counted as what it took. */
export class MeteredCall {
  /** What was counted of it, by meter. */
  readonly #used: number[];
  readonly #reserves: boolean[];
  /** The end of the period in which it was counted as it was expected; 0 where it is known what it took, or it has not ended. */
  readonly #guessedUntil: number[];
  /** What it has used at the least, as an answer says before its end. */
  #least: CallAmounts = NOTHING;
  /** It has reached nobody: no connection was made. */
  isUnsent = false;

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
    this.#guessedUntil = meters.map(() => 0);
    for (const meter of meters) meter.started(amountFor(meter.terms.unit, expected), now);
  }

  /** What it uses must be reported. */
  get countsTokens(): boolean {
    return this.meters.some(({ terms }) => terms.unit !== 'requests');
  }

  /** What the call has used before its answer ends: it takes no less. */
  usedSoFar(amounts: CallAmounts): void {
    this.#least = amounts;
  }

  /** What the call used in all, as its answer states. What is not known keeps its reservation. */
  used(amounts: CallAmounts, now: number): void {
    for (const [index, meter] of this.meters.entries()) {
      const { unit } = meter.terms;
      const amount = unit === 'requests' ? undefined : amountFor(unit, amounts);
      if (amount !== undefined) this.#countStated(index, amount, now);
    }
  }

  /** The call ended. @param isCharged Whether the vendor may charge for it: then what nobody stated counts as it was expected. */
  ended(isCharged: boolean, now: number): void {
    for (const [index, meter] of this.meters.entries()) {
      const { unit } = meter.terms;
      if (unit === 'requests' || !this.#reserves[index]) continue;
      const known = amountFor(unit, this.expected) ?? (meter.usual > 0 ? meter.usual : undefined);
      const guess = known ?? amountFor(unit, this.assumed()) ?? ASSUMED[unit];
      const least = amountFor(unit, this.#least) ?? 0;
      this.#release(index);
      this.#count(index, Math.max(least, isCharged && !this.isUnsent ? guess : 0), now, undefined);
      this.#guessedUntil[index] = meter.endsAt(now);
    }
  }

  /** A later word counts where it is greater, and in any case where there was none before: the call was counted as it was expected. */
  #countStated(index: number, amount: number, now: number): void {
    const meter = this.meters[index]!;
    const isFirst = this.#reserves[index]! || this.#guessedUntil[index]! > 0;
    const isGuessed = this.#guessedUntil[index] === meter.endsAt(now);
    this.#guessedUntil[index] = 0;
    if (this.#reserves[index]) this.#release(index);
    this.#count(index, isGuessed ? amount : Math.max(amount, this.#used[index]!), now, isFirst ? amount : undefined);
  }

  #release(index: number): void {
    const meter = this.meters[index]!;
    meter.released(amountFor(meter.terms.unit, this.expected));
    this.#reserves[index] = false;
  }

  /** @param whole What the call took, where it is now known. */
  #count(index: number, amount: number, now: number, whole: number | undefined): void {
    const more = amount - this.#used[index]!;
    this.#used[index] = amount;
    if (more !== 0 || whole !== undefined) this.meters[index]!.add(more, now, whole);
  }
}
