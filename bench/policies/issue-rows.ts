import { requests, single, SIX_OF_TOKENS, TEN_KEYS, THREE_ORGANIZATIONS, TOKENS, vendorOf } from './accounts';
import type { Scenario } from './scenario';

const usual = { load: 1.2, durationMs: 40_000, maxWaitMs: 60_000, instances: 1 } as const;
const noHeaders = { headers: 'none' } as const;

const UNEQUAL = [0.5, 0.5, 1, 1, 1, 2, 2, 4, 4, 4].flatMap((rate) => single(1, requests(rate, 5)));

/** The situations that limits were found wanting in, and what each must reach. */
export const ISSUE_ROWS: readonly Scenario[] = [
  {
    ...usual,
    name: 'one instance, headers',
    vendor: vendorOf(TEN_KEYS),
    goal: { goodput: 0.98, refusedPer100: 0.5, lost: 0 },
  },
  {
    ...usual,
    name: '4 instances, headers',
    vendor: vendorOf(TEN_KEYS),
    instances: 4,
    goal: { goodput: 0.97, refusedPer100: 1.5, lost: 0 },
  },
  {
    ...usual,
    name: '4 instances, 80 % of the traffic at one, headers',
    vendor: vendorOf(TEN_KEYS),
    instances: 4,
    skew: 0.8,
    goal: { goodput: 0.97, refusedPer100: 1.5, lost: 0 },
  },
  {
    ...usual,
    name: '4 instances, no headers',
    vendor: vendorOf(TEN_KEYS, noHeaders),
    instances: 4,
    goal: { goodput: 0.96, refusedPer100: 6, lost: 0 },
  },
  {
    ...usual,
    name: '15 keys of 3 organizations, undeclared, headers',
    vendor: vendorOf(THREE_ORGANIZATIONS),
    goal: { goodput: 0.97, refusedPer100: 2, later: true, lost: 0 },
  },
  {
    ...usual,
    name: 'the same, only the account is named',
    vendor: vendorOf(THREE_ORGANIZATIONS, noHeaders),
    goal: { goodput: 0.96, refusedPer100: 8, lost: 0 },
  },
  {
    ...usual,
    name: 'the same, declared by quotaGroup, headers',
    vendor: vendorOf(THREE_ORGANIZATIONS),
    declared: true,
    goal: { goodput: 0.98, refusedPer100: 1, lost: 0 },
  },
  {
    ...usual,
    name: 'tokens, 200 to 9,000 a request, 6 keys of 60,000 a minute in buckets of 10,000, headers',
    vendor: vendorOf(SIX_OF_TOKENS),
    load: 1.4,
    durationMs: 60_000,
    tokens: TOKENS,
    goal: { goodput: 0.97, ofOracle: true, refusedPer100: 3, lost: 0 },
  },
  {
    ...usual,
    name: 'the same, no headers',
    vendor: vendorOf(SIX_OF_TOKENS, noHeaders),
    load: 1.4,
    durationMs: 60_000,
    tokens: TOKENS,
    goal: { goodput: 0.94, ofOracle: true, refusedPer100: 8, lost: 0 },
  },
  {
    ...usual,
    name: 'one instance, no headers, from cold',
    vendor: vendorOf(TEN_KEYS, noHeaders),
    goal: { goodput: 0.98, refusedPer100: 4, lost: 0 },
  },
  {
    ...usual,
    name: 'a 429 costs quota too, unequal keys, no headers',
    vendor: vendorOf(UNEQUAL, { ...noHeaders, costOn429: true }),
    durationMs: 300_000,
    maxWaitMs: 2_000,
    goal: { goodput: 0.93, refusedPer100: 5 },
  },
  {
    ...usual,
    name: 'a bucket of one call, unequal keys, headers',
    vendor: vendorOf(
      UNEQUAL.map(({ keys, limits }) => ({ keys, limits: limits.map((limit) => ({ ...limit, bucket: 1 })) })),
      { statesBucket: true },
    ),
    durationMs: 300_000,
    maxWaitMs: 2_000,
    goal: { goodput: 0.95, refusedPer100: 3 },
  },
];
