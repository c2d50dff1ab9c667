/** When the two differ by more, one of the clocks is wrong; an answer's `date` is in whole seconds, and was true when it was sent. Milliseconds. */
const MOST_APART_MS = 10_000;

/**
 * The time by which a vendor's dates are read: the wait until a date is the difference of two times of the same clock. Ours, as it is
 * finer, unless the answer's `date` shows that the clocks differ.
 */
export function vendorNow(date: string | null | undefined, now: number): number {
  if (!date) return now;
  const theirs = Date.parse(date);
  return Math.abs(theirs - now) > MOST_APART_MS ? theirs : now;
}
