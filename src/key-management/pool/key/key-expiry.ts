/** How long before its end a key's expiry is told of. Days, the first first. */
export const EXPIRY_THRESHOLDS = [14, 1] as const;
export type ExpiryThreshold = (typeof EXPIRY_THRESHOLDS)[number];

/** Whether it can be the end of a key: any time of RFC 3339, which has years of four digits. Milliseconds since the epoch. */
export const isExpiry = (at: unknown): at is number => typeof at === 'number' && Math.abs(at) < LATEST_EXPIRY;
const LATEST_EXPIRY = Date.UTC(10_000, 0, 2);

const DAY_MS = 24 * 60 * 60_000;

/** What was told already: of which end, and the smallest threshold. */
export interface ToldExpiry {
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly days: ExpiryThreshold;
}

/** When this threshold of the key comes. Milliseconds since the epoch. */
const thresholdAt = (expiresAt: number, days: number): number => expiresAt - days * DAY_MS;

/** The threshold that is to be told of now: the smallest that was reached, unless it was told for this end. Undefined for none. */
export function dueThreshold(
  expiresAt: number,
  told: ToldExpiry | undefined,
  now: number,
): ExpiryThreshold | undefined {
  if (now >= expiresAt) return undefined;
  const days = EXPIRY_THRESHOLDS.findLast((each) => thresholdAt(expiresAt, each) <= now);
  return days === undefined || (told?.expiresAt === expiresAt && told.days <= days) ? undefined : days;
}

/** When something is to be done about the key's end next; Infinity for never. Milliseconds since the epoch. */
export function nextExpiryStep(expiresAt: number, told: ToldExpiry | undefined, now: number): number {
  if (now >= expiresAt) return Infinity;
  if (dueThreshold(expiresAt, told, now) !== undefined) return now;
  const next = EXPIRY_THRESHOLDS.map((days) => thresholdAt(expiresAt, days)).find((at) => at > now);
  return next ?? expiresAt;
}
