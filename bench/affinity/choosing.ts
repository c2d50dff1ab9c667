import { systemClock } from '../../src/key-management/common/clock';
import { ApiKey } from '../../src/key-management/pool/key/api-key';
import { KeyPool } from '../../src/key-management/pool/key-pool';
import { benchKey } from '../lib/pool-app';
import { interleaved, type Case } from '../lib/rounds';
import { spread, type Spread } from '../lib/statistics';

const ROUNDS = 31;
/** Conversations that go on at the same time. */
const CONVERSATIONS = 2_000;

/** A pool whose keys lie in so many accounts. */
interface Shape {
  readonly keys: number;
  readonly accounts: number;
}

const SHAPES: readonly Shape[] = [
  { keys: 100, accounts: 10 },
  { keys: 100, accounts: 100 },
  { keys: 10_000, accounts: 10 },
  { keys: 10_000, accounts: 10_000 },
];

const nothing = { keyChanged: () => undefined, keyFreed: () => undefined };

function poolOf({ keys, accounts }: Shape): KeyPool {
  const pool = new KeyPool('openai', nothing, systemClock, Math.random);
  for (let n = 0; n < keys; n += 1) {
    const quotaGroup = accounts < keys ? `org-${Math.floor((n * accounts) / keys)}` : undefined;
    const record = pool.add(new ApiKey(benchKey(n)), { quotaGroup }, 'configuration', 'configuration');
    pool.leaseForProbe(record).settle('ok');
  }
  return pool;
}

/** As long as the ids that applications make. */
const ids = Array.from({ length: CONVERSATIONS }, (_, n) => `conversation-${String(n).padStart(8, '0')}-of-a-user`);

function without(pool: KeyPool, name: string): Case {
  return {
    name: `${name}: without`,
    run: (calls) => {
      for (let call = 0; call < calls; call += 1) pool.lease({ model: undefined })!.settle('ok');
      return Promise.resolve();
    },
  };
}

function withAffinity(pool: KeyPool, name: string): Case {
  let next = 0;
  return {
    name: `${name}: with`,
    run: (calls) => {
      for (let call = 0; call < calls; call += 1) {
        next = next + 1 < CONVERSATIONS ? next + 1 : 0;
        pool.lease({ affinity: { kind: 'soft', id: ids[next]! } })!.settle('ok');
      }
      return Promise.resolve();
    },
  };
}

export interface CostOfShape {
  readonly name: string;
  readonly without: Spread;
  readonly with: Spread;
  /** As a multiple of the cost without an affinity, in the same round. */
  readonly ratio: Spread;
}

/** What lease and settle cost together, in nanoseconds, with and without an affinity. */
export async function costOfChoosing(): Promise<CostOfShape[]> {
  const pools = SHAPES.map((shape) => ({
    name: `${shape.keys.toLocaleString('en-US')} keys of ${shape.accounts.toLocaleString('en-US')} accounts`,
    pool: poolOf(shape),
  }));
  const found = await interleaved(
    pools.flatMap(({ name, pool }) => [without(pool, name), withAffinity(pool, name)]),
    ROUNDS,
  );
  return pools.map(({ name }) => {
    const plain = found.get(`${name}: without`)!;
    const bound = found.get(`${name}: with`)!;
    return {
      name,
      without: spread(plain),
      with: spread(bound),
      ratio: spread(bound.map((each, round) => each / plain[round]!)),
    };
  });
}
