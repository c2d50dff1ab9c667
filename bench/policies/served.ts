import type { Dimension } from './limits';

interface Count {
  good: number;
  refused: number;
  /** In the dimension that is limited, of the good ones. */
  units: number;
}

/** When counts begin and end. Milliseconds on the clock that `count` is given. */
export interface ServedTimes {
  readonly laterFrom: number;
  readonly endsAt: number;
}

const none = (): Count => ({ good: 0, refused: 0, units: 0 });

/** What a vendor has served. */
export class Served {
  /** All that was served, and what came after the first seconds. */
  readonly all = none();
  readonly later = none();
  /** What was served within the time that calls come. */
  readonly within = none();

  constructor(
    private readonly dimension: Dimension,
    private readonly times: ServedTimes,
  ) {}

  count(ok: boolean, tokens: number, now: number): void {
    this.#add(this.all, ok, tokens);
    if (now >= this.times.laterFrom) this.#add(this.later, ok, tokens);
    if (now <= this.times.endsAt) this.#add(this.within, ok, tokens);
  }

  #add(count: Count, ok: boolean, tokens: number): void {
    if (ok) {
      count.good += 1;
      count.units += this.dimension === 'tokens' ? tokens : 1;
    } else count.refused += 1;
  }
}

export const refusedPer100 = ({ good, refused }: Pick<Count, 'good' | 'refused'>): number =>
  (refused / Math.max(1, good)) * 100;
