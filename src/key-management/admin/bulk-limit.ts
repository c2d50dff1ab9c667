/** Keys that one act on many may name, or match. */
export const MOST_BULK_KEYS = 10_000;
