import type { VirtualClock } from './virtual-clock';
import type { VirtualVendor } from './vendor';

export interface Situation {
  readonly clock: VirtualClock;
  readonly vendor: VirtualVendor;
  readonly keys: number;
  readonly random: () => number;
  /** Milliseconds a call may take before its caller gives up on waiting. */
  readonly maxWaitMs: number;
}

/** One way of using many keys. */
export interface Policy {
  readonly name: string;
  /** Makes one call; true if it succeeded. */
  readonly start: (situation: Situation) => () => Promise<boolean>;
}
