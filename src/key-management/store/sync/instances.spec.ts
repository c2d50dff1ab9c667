import { Cluster } from '../../../../test/support/cluster-store';
import { FakeClock } from '../../../../test/support/fake-clock';
import type { Sharing } from '../../pool/limits/hard-limits';
import { Instances } from './instances';
import { StoreLink } from './store-link';

const SILENT = { warn: () => undefined, info: () => undefined };

describe('instances that share a store', () => {
  let cluster: Cluster;
  let clock: FakeClock;
  beforeEach(() => {
    cluster = new Cluster();
    clock = new FakeClock();
  });

  async function instance(name: string) {
    const member = cluster.member();
    const link = new StoreLink(member, name, clock, SILENT);
    const seen: Sharing[] = [];
    const instances = new Instances(link, name, clock, (sharing) => seen.push(sharing));
    link.own(instances);
    instances.start();
    await link.open();
    return { instances, link, seen, member };
  }
  const sharing = (all: Awaited<ReturnType<typeof instance>>[]) => all.map(({ instances }) => instances.sharing);

  it('know each other from their start on, and each its own place', async () => {
    const all = [await instance('b'), await instance('a'), await instance('c')];
    expect(sharing(all)).toEqual([
      { count: 3, rank: 1 },
      { count: 3, rank: 0 },
      { count: 3, rank: 2 },
    ]);
    await clock.advance(60_000);
    expect(sharing(all).map(({ count }) => count)).toEqual([3, 3, 3]);
  });

  it('take the share of one that goes at once, and of one that dies within seconds', async () => {
    const [a, b, c] = [await instance('a'), await instance('b'), await instance('c')];
    b.instances.stop();
    await clock.advance(10);
    expect(sharing([a, c]).map(({ count }) => count)).toEqual([2, 2]);
    await b.link.close(1_000);
    c.member.write = () => new Promise(() => undefined);
    await clock.advance(25_000);
    expect(a.instances.sharing).toEqual({ count: 1, rank: 0 });
    expect(a.seen.at(-1)).toEqual({ count: 1, rank: 0 });
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
});
