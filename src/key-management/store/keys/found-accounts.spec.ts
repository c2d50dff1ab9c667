import { Cluster } from '../../../../test/support/cluster-store';
import { FakeClock } from '../../../../test/support/fake-clock';
import { keyText } from '../../../../test/support/key-text';
import { instance } from '../../../../test/support/store-instance';
import type { KeyRecord } from '../../pool/key/key-record';

type Instance = Awaited<ReturnType<typeof instance>>;

describe('accounts that answers named', () => {
  let cluster: Cluster;
  let clock: FakeClock;
  beforeEach(() => {
    cluster = new Cluster();
    clock = new FakeClock();
  });

  const started = async (name: string): Promise<{ at: Instance; keys: KeyRecord[] }> => {
    const at = await instance(cluster, clock, name);
    at.pool.accounts.profile = () => ({
      limitKind: 'token_bucket',
      rateLimitScope: 'key_model',
      readRateLimits: () => [],
      accountHeaders: ['organization'],
    });
    return { at, keys: [1, 2].map((n) => at.add(keyText(n))) };
  };
  const names = ({ pool }: Instance, key: KeyRecord, organization: string): void => {
    const others = [...pool.records()].filter((other) => other !== key).map(({ id }) => id);
    const lease = pool.lease({ exclude: new Set(others) })!;
    lease.answered({ get: () => organization });
    lease.settle('ok');
  };
  const accounts = (keys: readonly KeyRecord[]) => keys.map(({ account }) => account?.name);

  it('are known at once to another instance, and after a restart', async () => {
    const a = await started('a');
    const b = await started('b');
    for (const key of a.keys) names(a.at, key, 'org-1');
    await clock.advance(1_000);
    expect(accounts(b.keys)).toEqual(['org-1', 'org-1']);
    expect(b.keys[0]!.account).toBe(b.keys[1]!.account);
    const again = await started('c');
    expect(accounts(again.keys)).toEqual(['org-1', 'org-1']);
    expect(again.at.pools.get('openai', again.keys[0]!.id)).toMatchObject({
      quotaGroup: 'org-1',
      quotaGroupFrom: 'discovered',
    });
  });

  it('stay apart where answers contradicted them', async () => {
    const a = await started('a');
    const b = await started('b');
    for (const key of a.keys) names(a.at, key, 'org-1');
    await clock.advance(1_000);
    a.at.pool.accounts.restore(a.keys[0]!, { isApart: true }, clock.now());
    a.at.pools.accountFound(a.keys[0]!);
    await clock.advance(1_000);
    const again = await started('c');
    for (const each of [b, again]) {
      names(each.at, each.keys[0]!, 'org-1');
      expect(accounts(each.keys)).toEqual([undefined, 'org-1']);
    }
  });

  it('give way to what the user says', async () => {
    const a = await started('a');
    for (const key of a.keys) names(a.at, key, 'org-1');
    await clock.advance(1_000);
    const b = await instance(cluster, clock, 'b');
    b.pool.accounts.discovers = false;
    expect(accounts([1, 2].map((n) => b.add(keyText(n))))).toEqual([undefined, undefined]);
  });

  it('that make no sense are set aside', async () => {
    const a = await started('a');
    const doc = `keys/openai/${a.keys[0]!.id}`;
    for (const value of [7, { name: 5 }, { name: '' }]) {
      a.at.keys.changed({ kind: 'set', doc, field: 'account', register: { value, version: 9, tie: 'z' } });
      expect(accounts(a.keys)).toEqual([undefined, undefined]);
    }
    expect(a.at.warnings.join()).toContain('an account that is none');
  });
});
