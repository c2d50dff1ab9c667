import { Cluster } from '../../../../test/support/cluster-store';
import { FakeClock } from '../../../../test/support/fake-clock';
import { instance, RAW } from '../../../../test/support/store-instance';
import type { KeyPool } from '../../pool/key-pool';
import type { Usage } from '../../usage/usage';

const SECRET = 'a secret of the test suite';
const USAGE: Usage = {
  inputTokens: 100,
  outputTokens: 20,
  cachedInputTokens: 60,
  cacheWriteTokens: 10,
  reasoningTokens: 5,
  costUsd: 0.000123456,
};

/** A call that is answered. @param usage What the answer states; nothing where it is left out. */
function call(pool: KeyPool, model?: string, usage?: Usage): void {
  const lease = pool.lease({ model })!;
  lease.usage = usage;
  lease.settle('ok');
}

describe('what the calls of a key used', () => {
  let cluster: Cluster;
  let clock: FakeClock;
  beforeEach(() => {
    cluster = new Cluster();
    clock = new FakeClock();
  });

  it('is the sum over the instances, and of all time', async () => {
    const a = await instance(cluster, clock, 'a');
    const b = await instance(cluster, clock, 'b');
    const key = a.add();
    b.add();
    for (const { pool } of [a, b]) {
      call(pool, 'gpt-5', USAGE);
      call(pool, 'gpt-5-mini', { ...USAGE, costUsd: undefined });
      call(pool);
      await clock.advance(2_000);
    }
    const sum = {
      requests: 6,
      requestsWithoutUsage: 2,
      requestsWithoutCost: 2,
      inputTokens: 400,
      outputTokens: 80,
      cachedInputTokens: 240,
      cacheWriteTokens: 40,
      reasoningTokens: 20,
      costUsd: expect.closeTo(0.000246912, 7) as number,
    };
    for (const each of [a, b]) expect(each.pools.get('openai', key.id)!.usage).toEqual(sum);
    // Killed, it has written nothing at its end.
    const c = await instance(cluster, clock, 'c');
    c.add();
    expect(c.pools.get('openai', key.id)!.usage).toEqual(sum);
    const models = [...c.pool.record(key.id)!.usage!.byModel()].map(([model, { requests }]) => [model, requests]);
    expect(models.sort()).toEqual([
      ['', 2],
      ['gpt-5', 2],
      ['gpt-5-mini', 2],
    ]);
  });

  it('is written once, also when the store was away and an answer was lost', async () => {
    const a = await instance(cluster, clock, 'a');
    const key = a.add();
    cluster.cut();
    for (let n = 0; n < 50; n += 1) call(a.pool, 'gpt-5', USAGE);
    await clock.advance(5_000);
    cluster.mend();
    cluster.loseNextAnswer = true;
    await clock.advance(5_000);
    const b = await instance(cluster, clock, 'b');
    b.add();
    expect(b.pools.get('openai', key.id)!.usage).toMatchObject({ requests: 50, inputTokens: 5_000 });
    expect(b.pools.get('openai', key.id)!.usage.costUsd).toBeCloseTo(50 * 0.000123456, 8);
  });

  it('is what it was where the key is deleted and added again', async () => {
    const a = await instance(cluster, clock, 'a', [SECRET]);
    const key = a.add(RAW, 'runtime');
    const late = a.pool.lease({ model: 'gpt-5' })!;
    call(a.pool, 'gpt-5', USAGE);
    await a.pools.remove('openai', key.id);
    a.add(RAW, 'runtime');
    late.usage = USAGE;
    late.settle('ok');
    await clock.advance(2_000);
    expect(a.pools.get('openai', key.id)!.usage).toMatchObject({ requests: 2, inputTokens: 200 });
  });

  it('is kept for a bounded number of models, whatever callers make up', async () => {
    const a = await instance(cluster, clock, 'a');
    const key = a.add();
    for (let n = 0; n < 200; n += 1) call(a.pool, `made-up-${n}`, USAGE);
    await clock.advance(2_000);
    const usage = a.pool.record(key.id)!.usage!;
    expect([...usage.byModel()].length).toBeLessThanOrEqual(17);
    expect(usage.totals()).toMatchObject({ requests: 200, inputTokens: 20_000 });
    const fields = Object.keys(cluster.documents.get(`keys/openai/${key.id}`)!.maxima);
    expect(fields.filter((name) => name.includes('~use:')).length).toBeLessThanOrEqual(17 * 9);
  });
});
