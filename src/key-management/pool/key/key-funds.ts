import type { RunOutTimes } from '../../forecast/run-out';

/** What is left of one key's money or quota, where that is known, and when all of one thing is spent at the present pace. */
export interface KeyFunds extends RunOutTimes {
  /** What the vendor last said, of the key or of its account. */
  readonly balance?: KeyBalance;
}

/** What a vendor said is left. */
interface KeyBalance {
  readonly left: number;
  /** `usd`, `cny`, `characters`: as the vendor counts. */
  readonly unit: string;
  /** Milliseconds since the epoch. */
  readonly readAt: number;
}
