/** Where the two clocks differ by more, one of them is wrong. Less may be the way of the answer, whose `date` is in whole seconds. Milliseconds. */
const MAX_DIFFERENCE_MS = 10_000;

/**
 * The time by which a vendor's dates are read, since the wait until a date is the difference of two times of the same clock. It is our own
 * clock's, which is finer, unless the answer's `date` shows that the clocks differ.
 */
export function vendorNow(date: string | null | undefined, now: number): number {
  if (!date) return now;
  const theirs = Date.parse(date);
  return Math.abs(theirs - now) > MAX_DIFFERENCE_MS ? theirs : now;
}
