import { systemClock } from '../../src/key-management/common/clock';
import { ApiKey } from '../../src/key-management/pool/key/api-key';
import type { KeySettings } from '../../src/key-management/pool/key/key-input';
import { KeyPool } from '../../src/key-management/pool/key-pool';
import { HEALTHY } from '../../src/key-management/pool/key/key-state';
import { openai } from '../../src/key-management/vendors/openai/openai';
import { vendorOf } from '../../src/key-management/vendors/vendor-of';
import { benchKey } from '../lib/pool-app';
import { interleaved, type Case } from '../lib/rounds';
import { spread, type Spread } from '../lib/statistics';

const KEYS = 100;
const ROUNDS = 31;
const WITHOUT = 'a lease without limits';
/** Limits that no benchmark reaches: as the user states them, and as a vendor's headers do. */
const STATED = { requestsPerMinute: 1e12, tokensPerMinute: 1e15 };
const HEADERS = new Headers({
  'x-ratelimit-limit-requests': '1000000000',
  'x-ratelimit-remaining-requests': '999999999',
  'x-ratelimit-reset-requests': '1ms',
  'x-ratelimit-limit-tokens': '1000000000000',
  'x-ratelimit-remaining-tokens': '999999999999',
  'x-ratelimit-reset-tokens': '1ms',
});

const nothing = { keyChanged: () => undefined, keyFreed: () => undefined };

function caseOf(name: string, settings: KeySettings, headers?: Headers): Case {
  const pool = new KeyPool('openai', nothing, systemClock, Math.random);
  const vendor = vendorOf(openai);
  pool.accounts.profile = () => vendor;
  for (let n = 0; n < KEYS; n += 1) {
    const record = pool.add(new ApiKey(benchKey(n)), settings, 'configuration', 'configuration');
    pool.setState(record, HEALTHY, 'probe');
  }
  for (let n = 0; n < KEYS && headers; n += 1) {
    const lease = pool.lease()!;
    lease.answered(headers);
    lease.settle('ok');
  }
  return {
    name,
    run: (calls) => {
      for (let call = 0; call < calls; call += 1) pool.lease()!.settle('ok');
      return Promise.resolve();
    },
  };
}

export interface CostOfLimits {
  readonly name: string;
  /** Nanoseconds of lease and settle together. */
  readonly ns: Spread;
  /** As a multiple of the cost without limits, in the same round. */
  readonly ratio: Spread;
}

/** What limits add to lease and settle, without observers. */
export async function costOfLimits(): Promise<CostOfLimits[]> {
  const cases = [
    caseOf(WITHOUT, {}),
    caseOf('with limits that the user states', { limits: STATED }),
    caseOf('with limits that headers state', {}, HEADERS),
    caseOf('with both', { limits: STATED }, HEADERS),
  ];
  const found = await interleaved(cases, ROUNDS);
  const without = found.get(WITHOUT)!;
  return cases.map(({ name }) => {
    const times = found.get(name)!;
    return { name, ns: spread(times), ratio: spread(times.map((each, round) => each / without[round]!)) };
  });
}
