import type { VendorShape } from './vendor';

/** What a row must reach. Shares and calls per 100 good ones. */
export interface RowGoal {
  /** Least goodput; where `ofOracle` is set, as a share of the goodput of the oracle with bounded overtaking. */
  readonly goodput: number;
  readonly ofOracle?: boolean;
  readonly refusedPer100: number;
  /** Refusals count only after the first five seconds. */
  readonly later?: boolean;
  /** Calls that may be lost. Default: any number, where calls wait for less than the queue is long. */
  readonly lost?: number;
}

export interface Scenario {
  readonly name: string;
  readonly vendor: VendorShape;
  /** Calls that come, as a multiple of what all accounts allow. */
  readonly load: number;
  /** For how long calls come; milliseconds. */
  readonly durationMs: number;
  /** Milliseconds that a call waits for a key at most. */
  readonly maxWaitMs: number;
  readonly instances: number;
  /** The share of the traffic that one instance gets; the others divide the rest. Default: all get the same. */
  readonly skew?: number;
  /** The tokens that a call takes. `estimate`: its caller states them, wrong by up to this share; left out: nothing is stated. */
  readonly tokens?: { readonly least: number; readonly most: number; readonly estimate?: number };
  /** Keys of one account are declared to be so (`quotaGroup`). */
  readonly declared?: boolean;
  /** What the vendor's profile says, where it is not so. */
  readonly profileKind?: 'token_bucket' | 'fixed_window';
  /** The share of every account's limit that outside users ask for. */
  readonly outside?: number;
  /** How far the clocks of the instances are apart; milliseconds. */
  readonly clocksApartMs?: number;
  /** When the store is away, from the first call on; milliseconds. */
  readonly storeAway?: readonly [fromMs: number, toMs: number];
  /** Instances that come and go. */
  readonly changes?: readonly { readonly atMs: number; readonly what: 'join' | 'leave' | 'die' }[];
  readonly goal: RowGoal;
}
