/** A `Date` header has whole seconds and travels: smaller differences mean nothing. */
const IGNORED_MS = 3_000;

let aheadMs = 0;

/** Countdowns are to the server's times; the clock of the reader's machine may be wrong. */
export function noteServerTime(header: string | null, now = Date.now()): void {
  const server = header === null ? NaN : Date.parse(header);
  if (Number.isNaN(server)) return;
  const difference = server + 500 - now;
  aheadMs = Math.abs(difference) < IGNORED_MS ? 0 : difference;
}

export const serverNow = (): number => Date.now() + aheadMs;
