import type { LimitShape } from './limits';
import type { AccountShape, VendorShape } from './vendor';

/** One request limit, in buckets that hold so many. */
export const requests = (perSecond: number, bucket: number): LimitShape => ({
  dimension: 'requests',
  perMinute: perSecond * 60,
  bucket,
});

/** So many accounts of one key each. */
export const single = (count: number, ...limits: LimitShape[]): AccountShape[] =>
  Array.from({ length: count }, () => ({ keys: 1, limits }));

/** A vendor as they are in the table: answers after 40 to 160 ms, true headers, accounts named. */
export const vendorOf = (accounts: readonly AccountShape[], more: Partial<VendorShape> = {}): VendorShape => ({
  accounts,
  headers: 'true',
  namesAccount: true,
  latencyMs: [40, 160],
  ...more,
});

/** Ten keys of two calls a second each, that may make five at once. */
export const TEN_KEYS = single(10, requests(2, 5));
/** Fifteen keys of three organizations; each organization has three calls a second. */
export const THREE_ORGANIZATIONS: readonly AccountShape[] = Array.from({ length: 3 }, () => ({
  keys: 5,
  limits: [requests(3, 5)],
}));
/** Six keys of 60,000 tokens a minute in buckets of 10,000. */
export const SIX_OF_TOKENS = single(6, { dimension: 'tokens', perMinute: 60_000, bucket: 10_000 });
export const TOKENS = { least: 200, most: 9_000, estimate: 0 } as const;
