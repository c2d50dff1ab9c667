import { requests, single, SIX_OF_TOKENS, TEN_KEYS, TOKENS, vendorOf } from './accounts';
import type { LimitShape } from './limits';
import type { RowGoal, Scenario } from './scenario';
import type { AccountShape } from './vendor';

const usual = { load: 1.2, durationMs: 40_000, maxWaitMs: 60_000, instances: 4 } as const;
const one = { ...usual, instances: 1 } as const;
const noHeaders = { headers: 'none' } as const;

const SHARED: RowGoal = { goodput: 0.97, refusedPer100: 1.5, lost: 0 };
const SHARED_UNTOLD: RowGoal = { goodput: 0.96, refusedPer100: 6, lost: 0 };

/** As much in all as ten keys of two calls a second, however many accounts it is in. */
const accounts = (count: number): AccountShape[] => single(count, requests(20 / count, Math.max(1, 50 / count)));
const THREE_HUNDRED = single(300, requests(0.25, 2));

const window = (perMinute: number): LimitShape => ({ dimension: 'requests', perMinute });

/** Instances on one store, many and few, with much and little to share. */
export const INSTANCE_ROWS: readonly Scenario[] = [
  { ...usual, name: '2 instances, headers', vendor: vendorOf(TEN_KEYS), instances: 2, goal: SHARED },
  { ...usual, name: '16 instances, headers', vendor: vendorOf(TEN_KEYS), instances: 16, goal: SHARED },
  {
    ...usual,
    name: '16 instances, no headers',
    vendor: vendorOf(TEN_KEYS, noHeaders),
    instances: 16,
    goal: SHARED_UNTOLD,
  },
  { ...usual, name: '64 instances, headers', vendor: vendorOf(TEN_KEYS), instances: 64, goal: SHARED },
  { ...usual, name: '4 instances, 1 account', vendor: vendorOf(accounts(1)), goal: SHARED },
  { ...usual, name: '4 instances, 3 accounts', vendor: vendorOf(accounts(3)), goal: SHARED },
  { ...usual, name: '4 instances, 300 accounts', vendor: vendorOf(THREE_HUNDRED), load: 1.4, goal: SHARED },
  { ...usual, name: '64 instances, 3 accounts', vendor: vendorOf(accounts(3)), instances: 64, goal: SHARED },
  {
    ...usual,
    name: '16 instances, 80 % of the traffic at one, 3 accounts',
    vendor: vendorOf(accounts(3)),
    instances: 16,
    skew: 0.8,
    goal: SHARED,
  },
  {
    ...usual,
    name: 'a rolling start: 4 leave, 4 others come',
    vendor: vendorOf(TEN_KEYS),
    durationMs: 60_000,
    changes: [5, 12, 19, 26].flatMap((second) => [
      { atMs: second * 1_000, what: 'join' as const },
      { atMs: second * 1_000 + 3_000, what: 'leave' as const },
    ]),
    goal: SHARED,
  },
  {
    ...usual,
    name: '2 of 4 are killed, others come 10 s later',
    vendor: vendorOf(TEN_KEYS),
    durationMs: 60_000,
    changes: [
      { atMs: 10_000, what: 'die' },
      { atMs: 20_000, what: 'join' },
      { atMs: 30_000, what: 'die' },
      { atMs: 40_000, what: 'join' },
    ],
    goal: { goodput: 0.93, refusedPer100: 2.5, lost: 0 },
  },
  { ...usual, name: 'clocks 2 s apart', vendor: vendorOf(TEN_KEYS), clocksApartMs: 2_000, goal: SHARED },
  {
    ...usual,
    name: 'store away for 30 s',
    vendor: vendorOf(TEN_KEYS),
    durationMs: 60_000,
    storeAway: [10_000, 40_000],
    goal: { goodput: 0.93, refusedPer100: 2.5, lost: 0 },
  },
  {
    ...usual,
    name: 'store away for 30 s, 80 % of the traffic at one',
    vendor: vendorOf(TEN_KEYS),
    durationMs: 60_000,
    storeAway: [10_000, 40_000],
    skew: 0.8,
    goal: { goodput: 0.8, refusedPer100: 2.5, lost: 0 },
  },
  {
    ...usual,
    name: '4 instances, tokens, headers',
    vendor: vendorOf(SIX_OF_TOKENS),
    load: 1.4,
    durationMs: 60_000,
    tokens: TOKENS,
    goal: { goodput: 0.95, ofOracle: true, refusedPer100: 3, lost: 0 },
  },
];

/** Vendors that are other than they seem. */
export const VENDOR_ROWS: readonly Scenario[] = [
  {
    ...one,
    name: 'headers state twice the limit, and twice what is left',
    vendor: vendorOf(TEN_KEYS, { headers: 'double' }),
    goal: { goodput: 0.95, refusedPer100: 8, lost: 0 },
  },
  {
    ...one,
    name: 'headers always state the same',
    vendor: vendorOf(TEN_KEYS, { headers: 'constant' }),
    goal: { goodput: 0.95, refusedPer100: 8, lost: 0 },
  },
  {
    ...one,
    name: 'headers state what was true 5 s ago',
    vendor: vendorOf(TEN_KEYS, { headers: 'late' }),
    goal: { goodput: 0.95, refusedPer100: 8, lost: 0 },
  },
  {
    ...one,
    name: 'answers take 5 to 20 s, headers',
    vendor: vendorOf(TEN_KEYS, { latencyMs: [5_000, 20_000] }),
    durationMs: 120_000,
    goal: { goodput: 0.95, refusedPer100: 3, lost: 0 },
  },
  {
    ...one,
    name: 'limits are halved midway, headers',
    vendor: vendorOf(TEN_KEYS, { change: { atMs: 20_000, factor: 0.5 } }),
    load: 0.9,
    goal: { goodput: 0.96, refusedPer100: 2, lost: 0 },
  },
  {
    ...one,
    name: 'limits are doubled midway, headers',
    vendor: vendorOf(TEN_KEYS, { change: { atMs: 20_000, factor: 2 } }),
    load: 1.8,
    goal: { goodput: 0.96, refusedPer100: 2, lost: 0 },
  },
  {
    ...one,
    name: 'limits are halved midway, no headers',
    vendor: vendorOf(TEN_KEYS, { ...noHeaders, change: { atMs: 60_000, factor: 0.5 } }),
    load: 0.9,
    durationMs: 120_000,
    goal: { goodput: 0.95, refusedPer100: 8, lost: 0 },
  },
  {
    ...one,
    name: 'limits are doubled midway, no headers',
    vendor: vendorOf(TEN_KEYS, { ...noHeaders, change: { atMs: 60_000, factor: 2 } }),
    load: 1.5,
    durationMs: 180_000,
    goal: { goodput: 0.9, refusedPer100: 8, lost: 0 },
  },
  {
    ...one,
    name: 'tokens estimated wrongly by up to 50 %, headers',
    vendor: vendorOf(SIX_OF_TOKENS),
    load: 1.4,
    durationMs: 60_000,
    tokens: { ...TOKENS, estimate: 0.5 },
    goal: { goodput: 0.94, ofOracle: true, refusedPer100: 6, lost: 0 },
  },
  {
    ...one,
    name: 'tokens not estimated, headers',
    vendor: vendorOf(SIX_OF_TOKENS),
    load: 1.4,
    durationMs: 60_000,
    tokens: { least: 200, most: 9_000 },
    goal: { goodput: 0.9, ofOracle: true, refusedPer100: 25, lost: 0 },
  },
  {
    ...one,
    name: 'fixed windows, and the profile says so',
    vendor: vendorOf(single(10, window(60))),
    load: 1.6,
    durationMs: 150_000,
    profileKind: 'fixed_window',
    goal: { goodput: 0.97, ofOracle: true, refusedPer100: 1, lost: 0 },
  },
  {
    ...one,
    name: 'fixed windows, the profile says bucket',
    vendor: vendorOf(single(10, window(60))),
    load: 1.6,
    durationMs: 150_000,
    goal: { goodput: 0.95, ofOracle: true, refusedPer100: 4, lost: 0 },
  },
  {
    ...one,
    name: 'buckets, the profile says fixed windows',
    vendor: vendorOf(TEN_KEYS),
    durationMs: 60_000,
    profileKind: 'fixed_window',
    goal: { goodput: 0.95, refusedPer100: 4, lost: 0 },
  },
  {
    ...one,
    name: 'outside users ask for 40 % of every account, headers',
    vendor: vendorOf(TEN_KEYS),
    load: 0.9,
    outside: 0.4,
    goal: { goodput: 0.95, refusedPer100: 15, lost: 0 },
  },
  {
    ...one,
    name: 'outside users ask for 40 % of every account, no headers',
    vendor: vendorOf(TEN_KEYS, noHeaders),
    load: 0.9,
    durationMs: 120_000,
    outside: 0.4,
    goal: { goodput: 0.9, refusedPer100: 20, lost: 0 },
  },
];
