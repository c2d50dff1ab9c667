import type { Reading } from './limiter';
import type { Dimension } from './rate-limits';

/** The tightest reading of a dimension: what a vendor shows when several windows limit it. */
export function tightest(readings: readonly Reading[], dimension: Dimension): Reading | undefined {
  let found: Reading | undefined;
  for (const reading of readings) {
    if (reading.dimension !== dimension) continue;
    if (found === undefined || reading.remaining < found.remaining) found = reading;
  }
  return found;
}
