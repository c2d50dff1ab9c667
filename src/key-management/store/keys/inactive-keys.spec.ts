import { Cluster } from '../../../../test/support/cluster-store';
import { FakeClock, settle } from '../../../../test/support/fake-clock';
import { keyText } from '../../../../test/support/key-text';
import { instance } from '../../../../test/support/store-instance';
import { yieldToEventLoop } from '../../common/event-loop';
import { LEAST_REMEMBERED_MS, MOST_DELETED, REMEMBERED_MS } from './inactive-keys';

const SECRET = 'a secret of the test suite';
const DAY = 24 * 60 * 60_000;

describe('stored keys that are in no pool', () => {
  let cluster: Cluster;
  let clock: FakeClock;
  beforeEach(() => {
    cluster = new Cluster();
    clock = new FakeClock();
  });
  type Instance = Awaited<ReturnType<typeof instance>>;
  const stored = (): string[] => [...cluster.documents.keys()].filter((doc) => doc.startsWith('keys/'));
  /** Somebody calls; so statistics are collected, and it is looked for what may be forgotten. */
  const callOnce = async (each: Instance): Promise<void> => {
    each.add(keyText(9_999));
    each.pool.lease()!.settle('ok');
    await clock.advance(2_000);
    // Statistics of many keys take some turns of the loop.
    for (let turn = 0; turn < 50; turn += 1) await yieldToEventLoop();
  };
  const fadesInAMonth = async (id: string, each: Instance): Promise<void> => {
    clock.skip(REMEMBERED_MS - DAY);
    await callOnce(each);
    expect(stored()).toContain(`keys/openai/${id}`);
    clock.skip(2 * DAY);
    await callOnce(each);
    expect(stored()).not.toContain(`keys/openai/${id}`);
  };
  const deleted = async (each: Instance, raw: string): Promise<string> => {
    const { id } = each.add(raw, 'runtime');
    await each.pools.remove('openai', id);
    return id;
  };

  it('are forgotten a month after they were deleted, here, elsewhere and in the store', async () => {
    const a = await instance(cluster, clock, 'a', [SECRET]);
    const b = await instance(cluster, clock, 'b', [SECRET]);
    const id = await deleted(a, keyText(1));
    await fadesInAMonth(id, a);
    for (const each of [a, b]) expect(each.keys.isDeleted('openai', id)).toBe(false);
  });

  it(`are forgotten after a day, beyond the latest ${MOST_DELETED}`, async () => {
    const a = await instance(cluster, clock, 'a', [SECRET]);
    for (let n = 0; n < MOST_DELETED + 100; n += 1) {
      await deleted(a, keyText(n));
      if (n % 100 === 99) clock.skip(60_000);
    }
    await callOnce(a);
    expect(stored()).toHaveLength(MOST_DELETED + 101);
    clock.skip(LEAST_REMEMBERED_MS);
    await callOnce(a);
    const first = a.add(keyText(0), 'runtime');
    const last = a.add(keyText(MOST_DELETED + 99), 'runtime');
    expect(stored()).toHaveLength(MOST_DELETED + 1);
    expect(stored()).not.toContain(`keys/openai/${first.id}`);
    expect(stored()).toContain(`keys/openai/${last.id}`);
  });

  it('are forgotten a month after their last use, where the environment names them no longer', async () => {
    const before = await instance(cluster, clock, 'before');
    const { id } = before.add(keyText(1));
    await clock.advance(2_000);
    await before.link.close(1_000);
    const after = await instance(cluster, clock, 'after');
    await fadesInAMonth(id, after);
  });

  it.each<[string, (each: Instance) => Promise<string>]>([
    [
      'switched off',
      async (each) => {
        const { id } = each.add(keyText(1));
        await each.pools.disable('openai', id);
        return id;
      },
    ],
    ['locked under another secret', async (each) => Promise.resolve(each.add(keyText(1), 'runtime').id)],
  ])('are remembered for ever where they are %s', async (_, put) => {
    const before = await instance(cluster, clock, 'before', [SECRET]);
    const id = await put(before);
    await clock.advance(2_000);
    await before.link.close(1_000);
    const after = await instance(cluster, clock, 'after', ['another secret of the test suite']);
    clock.skip(2 * REMEMBERED_MS);
    await callOnce(after);
    expect(stored()).toContain(`keys/openai/${id}`);
  });

  it('stay deleted for ever where the environment names them, also if one forgets them that has another', async () => {
    const named = await instance(cluster, clock, 'named');
    const other = await instance(cluster, clock, 'other');
    const { id } = named.add(keyText(1));
    await named.pools.remove('openai', id);
    for (const each of [named, other]) {
      clock.skip(REMEMBERED_MS + DAY);
      await callOnce(each);
    }
    const restarted = await instance(cluster, clock, 'restarted');
    expect(restarted.keys.isDeleted('openai', id)).toBe(true);
    // And are not forgotten and written again every hour from then on.
    const drops = (): number => cluster.batches.flat().filter(({ kind }) => kind === 'drop').length;
    const before = drops();
    for (let hour = 0; hour < 3; hour += 1) {
      clock.skip(61 * 60_000);
      await callOnce(other);
    }
    expect(drops()).toBe(before);
  });

  it.each<[string, (each: Instance) => Promise<string>]>([
    [
      'was deleted, added again and deleted again',
      async (each) => {
        const { id } = each.add(keyText(1));
        await each.pools.remove('openai', id);
        return deleted(each, keyText(1));
      },
    ],
    [
      'was added before the environment named it',
      (each) => {
        const { id } = each.add(keyText(1), 'runtime');
        each.keys.named('openai', id);
        return deleted(each, keyText(1));
      },
    ],
  ])('stay deleted for ever where the environment names one that %s', async (_, put) => {
    const a = await instance(cluster, clock, 'a', [SECRET]);
    const id = await put(a);
    clock.skip(REMEMBERED_MS + DAY);
    await callOnce(a);
    expect(a.keys.isDeleted('openai', id)).toBe(true);
  });

  it('are not looked through before the configuration has named its keys', async () => {
    const before = await instance(cluster, clock, 'before');
    const ids = Array.from({ length: 150 }, (_, n) => before.add(keyText(n)).id);
    for (const id of ids) await before.pools.remove('openai', id);
    await before.link.close(1_000);
    clock.skip(REMEMBERED_MS + DAY);
    const after = await instance(cluster, clock, 'after');
    await callOnce(after);
    expect(ids.filter((id) => !after.keys.isDeleted('openai', id))).toEqual([]);
  });

  it('are in their pool again where both their deletion and their return are told minutes later', async () => {
    const a = await instance(cluster, clock, 'a', [SECRET]);
    const b = await instance(cluster, clock, 'b', [SECRET]);
    const { id } = a.add(keyText(1), 'runtime');
    await clock.advance(2_000);
    const member = [...cluster.members].at(-1)!;
    cluster.members.delete(member);
    const known = cluster.batches.length;
    await a.pools.remove('openai', id);
    a.add(keyText(1), 'runtime');
    await clock.advance(200_000);
    for (const change of cluster.batches.slice(known).flat()) member.watcher!.changed([change]);
    expect(b.pools.get('openai', id)).toMatchObject({ status: 'healthy' });
  });

  it('are stored again where one forgets them that were added again in the same moment', async () => {
    const a = await instance(cluster, clock, 'a', [SECRET]);
    const b = await instance(cluster, clock, 'b', [SECRET]);
    const id = await deleted(a, keyText(1));
    clock.skip(REMEMBERED_MS + DAY);
    b.link.drop(`keys/openai/${id}`);
    a.add(keyText(1), 'runtime');
    await clock.advance(2_000);
    await settle();
    const c = await instance(cluster, clock, 'c', [SECRET]);
    expect(c.pools.get('openai', id)).toMatchObject({ status: 'healthy' });
    expect(b.pools.get('openai', id)).toMatchObject({ status: 'healthy' });
  });

  it('are stored again, with their figures, where one has forgotten them before it is told of the addition', async () => {
    const a = await instance(cluster, clock, 'a', [SECRET]);
    const id = await deleted(a, keyText(1));
    clock.skip(REMEMBERED_MS + DAY);
    a.add(keyText(1), 'runtime');
    a.pool.lease()!.settle('ok');
    await a.pools.update('openai', id, { label: 'before' });
    await clock.advance(2_000);
    // The drop reaches the store, and A only hears of it after what it wrote.
    const drop = [{ kind: 'drop' as const, doc: `keys/openai/${id}` }];
    const written = [...cluster.documents.keys()].length;
    const [member] = [...cluster.members];
    cluster.documents.delete(`keys/openai/${id}`);
    member!.watcher!.changed(drop);
    await clock.advance(2_000);
    expect([...cluster.documents.keys()]).toHaveLength(written);
    await a.pools.update('openai', id, { label: 'after' });
    const b = await instance(cluster, clock, 'b', [SECRET]);
    expect(b.pools.get('openai', id)).toMatchObject({ status: 'healthy', label: 'after', successCount: 1 });
  });
});
