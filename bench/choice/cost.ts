import { systemClock } from '../../src/key-management/common/clock';
import { ApiKey } from '../../src/key-management/pool/key/api-key';
import { KeyPool } from '../../src/key-management/pool/key-pool';
import { benchKey } from '../lib/pool-app';
import { interleaved, type Case } from '../lib/rounds';
import { spread, type Spread } from '../lib/statistics';

const SIZES = [3, 100, 10_000, 100_000];
const ROUNDS = 31;

const nothing = { keyChanged: () => undefined, keyFreed: () => undefined };

function poolOf(size: number): KeyPool {
  const pool = new KeyPool('openai', nothing, systemClock, Math.random);
  for (let n = 0; n < size; n += 1) {
    const record = pool.add(new ApiKey(benchKey(n)), {}, 'configuration', 'configuration');
    pool.leaseForProbe(record).settle('ok');
  }
  return pool;
}

function caseOf(size: number): Case {
  const pool = poolOf(size);
  return {
    name: String(size),
    run: (calls) => {
      for (let call = 0; call < calls; call += 1) pool.lease()!.settle('ok');
      return Promise.resolve();
    },
  };
}

export interface CostOfSize {
  readonly size: number;
  readonly ns: Spread;
  /** As a multiple of the cost with 100 keys, in the same round. */
  readonly toHundred: Spread;
}

/** What lease and settle cost together, without observers. */
export async function costOfChoice(): Promise<CostOfSize[]> {
  const found = await interleaved(SIZES.map(caseOf), ROUNDS);
  const hundred = found.get('100')!;
  return SIZES.map((size) => {
    const times = found.get(String(size))!;
    return { size, ns: spread(times), toHundred: spread(times.map((each, round) => each / hundred[round]!)) };
  });
}
