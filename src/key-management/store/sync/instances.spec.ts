import { Cluster } from '../../../../test/support/cluster-store';
import { FakeClock } from '../../../../test/support/fake-clock';
import { Instances } from './instances';
import { StoreLink } from './store-link';

const SILENT = { warn: () => undefined, info: () => undefined };

describe.each(['which tells all to all', 'which tells a batch to its audience'])(
  'instances that share a store %s',
  (kind) => {
    let cluster: Cluster;
    let clock: FakeClock;
    beforeEach(() => {
      cluster = new Cluster();
      clock = new FakeClock();
    });

    async function instance(name: string) {
      const member = kind === 'which tells all to all' ? cluster.member() : cluster.discreetMember();
      const link = new StoreLink(member, name, clock, SILENT);
      const gone: string[] = [];
      const instances = new Instances(link, name, clock);
      instances.onGone = (id) => gone.push(id);
      link.own(instances);
      link.countInstances = () => instances.count;
      instances.start();
      await link.open();
      return { instances, link, gone, member };
    }
    const counts = (all: Awaited<ReturnType<typeof instance>>[]) => all.map(({ instances }) => instances.count);

    it('know each other from their start on', async () => {
      const all = [await instance('b'), await instance('a'), await instance('c')];
      expect(counts(all)).toEqual([3, 3, 3]);
      expect(all.map(({ instances }) => instances.isFirst)).toEqual([false, true, false]);
      expect([...all[0]!.instances.others].sort()).toEqual(['a', 'c']);
      await clock.advance(60_000);
      expect(counts(all)).toEqual([3, 3, 3]);
    });

    it('hear at once of one that goes, and within seconds of one that dies', async () => {
      const [a, b, c] = [await instance('a'), await instance('b'), await instance('c')];
      b.instances.stop();
      await clock.advance(10);
      expect(counts([a, c])).toEqual([2, 2]);
      expect(a.gone).toEqual(['b']);
      expect(a.instances.has('b')).toBe(false);
      await b.link.close(1_000);
      c.member.write = () => new Promise(() => undefined);
      await clock.advance(30_000);
      expect(a.instances.count).toBe(1);
      expect(a.gone).toEqual(['b', 'c']);
    });

    it('are those last known while the store is away, and for a while afterwards', async () => {
      const [a, b] = [await instance('a'), await instance('b')];
      await clock.advance(10_000);
      cluster.cut();
      await clock.advance(60_000);
      expect(counts([a, b])).toEqual([2, 2]);
      cluster.mend();
      await clock.advance(60_000);
      expect(counts([a, b])).toEqual([2, 2]);
      expect(a.gone).toEqual([]);
    });

    it('hear within seconds that those died which watched over the others', async () => {
      const [a, b, c, d] = [await instance('a'), await instance('b'), await instance('c'), await instance('d')];
      cluster.lockTime = () => clock.now();
      await clock.advance(20_000);
      for (const each of [a, b]) each.member.write = () => new Promise(() => undefined);
      for (const each of [a, b]) each.member.lock = () => new Promise(() => undefined);
      await clock.advance(26_000);
      expect(counts([c, d])).toEqual([2, 2]);
      expect([...c.gone, ...d.gone].sort()).toEqual(['a', 'a', 'b', 'b']);
    });

    it('forget what is left of one after a day', async () => {
      const dead = await instance('dead');
      dead.instances.stop();
      await dead.link.close(1_000);
      await clock.advance(25 * 60 * 60_000);
      expect(cluster.documents.has('instances/dead')).toBe(true);
      await instance('new');
      await clock.advance(2_000);
      expect([...cluster.documents.keys()]).toEqual(['instances/new']);
    });
  },
);
