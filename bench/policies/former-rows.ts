import { requests, single, vendorOf } from './accounts';
import type { Scenario } from './scenario';
import type { AccountShape, VendorShape } from './vendor';

const EQUAL = single(10, requests(2, 5));
const RATES = [0.5, 0.5, 1, 1, 1, 2, 2, 4, 4, 4];
const unequal = (bucket: number): AccountShape[] => RATES.flatMap((rate) => single(1, requests(rate, bucket)));

const five = { durationMs: 300_000, maxWaitMs: 2_000, instances: 1 } as const;
const vendor = (accounts: readonly AccountShape[], headers: boolean, more: Partial<VendorShape> = {}): VendorShape =>
  vendorOf(accounts, { headers: headers ? 'true' : 'none', statesBucket: true, namesAccount: false, ...more });

function* usualRows(): Generator<Scenario> {
  for (const headers of [true, false]) {
    for (const [keys, accounts] of [
      ['equal', EQUAL],
      ['unequal', unequal(5)],
    ] as const) {
      for (const load of [0.9, 1.2]) {
        const name = `${keys} keys, ${load} × load, ${headers ? 'headers' : 'no headers'}`;
        yield {
          ...five,
          name,
          load,
          vendor: vendor(accounts, headers),
          goal: { goodput: 0.98, refusedPer100: headers ? 1 : 5 },
        };
      }
    }
  }
}

/** Keys with limits of their own, calls that wait for two seconds at most, for five minutes. */
export const FORMER_ROWS: readonly Scenario[] = [...usualRows()];

const far = { latencyMs: [180, 220] } as const;

export const FORMER_STRETCH_ROWS: readonly Scenario[] = [
  {
    ...five,
    name: 'a 429 costs quota too, headers',
    load: 1.2,
    vendor: vendor(unequal(5), true, { costOn429: true }),
    goal: { goodput: 0.98, refusedPer100: 1 },
  },
  {
    ...five,
    name: 'a bucket of one, 200 ms away, headers',
    load: 1.2,
    vendor: vendor(unequal(1), true, far),
    goal: { goodput: 0.95, refusedPer100: 3 },
  },
  {
    ...five,
    name: 'a bucket of one, no headers',
    load: 1.2,
    vendor: vendor(unequal(1), false),
    goal: { goodput: 0.9, refusedPer100: 6 },
  },
  {
    ...five,
    name: 'a bucket of one, 200 ms away, no headers',
    load: 1.2,
    vendor: vendor(unequal(1), false, far),
    goal: { goodput: 0.9, refusedPer100: 6 },
  },
];
