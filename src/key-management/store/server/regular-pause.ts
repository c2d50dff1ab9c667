const PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 10_000;
const PER_INSTANCE_MS = 50;

/** How far apart each instance asks the server how it is: less often where many do, but not less often than every ten seconds. Milliseconds. */
export const regularPauseMs = (instances: number): number =>
  Math.min(Math.max(PAUSE_MS, instances * PER_INSTANCE_MS), LONGEST_PAUSE_MS);
