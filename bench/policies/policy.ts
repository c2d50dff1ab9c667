import type { Scenario } from './scenario';
import type { VirtualClock } from './virtual-clock';
import type { VirtualVendor } from './virtual-vendor';

export interface Situation {
  readonly clock: VirtualClock;
  readonly vendor: VirtualVendor;
  readonly random: () => number;
  readonly scenario: Scenario;
  /** When the first call may come; milliseconds since the epoch. */
  readonly startsAt: number;
}

/** One call of the app. */
export interface AppCall {
  /** What the call turns out to take. */
  readonly tokens: number;
  /** What its caller states that it takes; undefined where nothing is stated. */
  readonly estimatedTokens: number | undefined;
}

/** One process of the app. */
export interface Instance {
  /** Resolves when the instance serves calls. */
  readonly ready: Promise<void>;
  /** Makes one call; true if it succeeded. */
  call(call: AppCall): Promise<boolean>;
  /** No call is under way, and none will come. */
  leave(): void;
  /** The process is killed: nothing of it goes on. */
  die(): void;
}

/** One way of using many keys. */
export interface Policy {
  readonly name: string;
  /** Returns what starts an instance; instances are numbered from 0. */
  readonly start: (situation: Situation) => (instance: number) => Instance;
}

/** An instance that shares nothing with others, and has nothing to end. */
export const apart = (call: (call: AppCall) => Promise<boolean>): Instance => ({
  ready: Promise.resolve(),
  call,
  leave: () => undefined,
  die: () => undefined,
});
