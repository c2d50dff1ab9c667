import { Cluster, type DiscreetStore } from '../../../../test/support/cluster-store';
import { FakeClock, seededRandom, settle } from '../../../../test/support/fake-clock';
import { countsOf } from '../../../../test/support/stored-counts';
import type { DocumentOwner } from './document-owner';
import type { FieldChange, StoredDocument } from '../port/key-store';
import { StoreLink } from './store-link';

const SILENT = { warn: () => undefined, info: () => undefined };

/** Counts calls by key, and knows their states. */
class Counters implements DocumentOwner {
  readonly prefix = 'a/';
  readonly totals = new Map<string, number>();
  readonly states = new Map<string, unknown>();
  readonly #unsent = new Map<string, number>();
  constructor(private readonly link: StoreLink) {}

  count(key: string, by: number): void {
    this.#add(`a/${key}`, by);
    this.#unsent.set(`a/${key}`, (this.#unsent.get(`a/${key}`) ?? 0) + by);
    this.link.statisticsPending();
  }
  total(key: string): number {
    return this.totals.get(`a/${key}`) ?? 0;
  }
  merge({ doc, registers, sums }: StoredDocument): void {
    for (const [field, { value }] of Object.entries(registers)) this.states.set(`${doc} ${field}`, value);
    this.#add(doc, sums.calls ?? 0);
  }
  changed(change: FieldChange): void {
    if (change.kind === 'add') this.#add(change.doc, change.by);
    if (change.kind === 'set') this.states.set(`${change.doc} ${change.field}`, change.register.value);
  }
  *known() {
    // Counts alone.
  }
  collect(): boolean {
    for (const [doc, by] of this.#unsent) this.link.add(doc, 'calls', by);
    this.#unsent.clear();
    return false;
  }
  #add(doc: string, by: number): void {
    this.totals.set(doc, (this.totals.get(doc) ?? 0) + by);
  }
}

describe('a store that tells a batch to its audience alone', () => {
  let cluster: Cluster;
  let clock: FakeClock;
  beforeEach(() => {
    cluster = new Cluster();
    clock = new FakeClock();
  });
  /** So many that nothing is read on after the start. */
  async function instance(name: string, instances = 17) {
    const link = new StoreLink(cluster.discreetMember(), name, clock, SILENT);
    link.countInstances = () => instances;
    const counters = new Counters(link);
    link.own(counters);
    await link.open();
    return { link, counters };
  }
  const stored = (key: string): number => countsOf(cluster.documents.get(`a/${key}`)).calls ?? 0;

  it('delivers no counts, and who looks reads them', async () => {
    const [x, y, z] = [await instance('x'), await instance('y'), await instance('z')];
    const before = cluster.deliveries;
    for (let second = 0; second < 10; second += 1) {
      x.counters.count('k', 3);
      y.counters.count('k', 4);
      await clock.advance(1_000);
    }
    expect(cluster.deliveries).toBe(before);
    expect(z.counters.total('k')).toBe(0);
    expect(await z.link.freshen()).toBe(true);
    expect([z, x].map(({ counters }) => counters.total('k'))).toEqual([70, 30]);
    await x.link.freshen();
    expect(x.counters.total('k')).toBe(70);
  });

  it('tells at once what was set, to all or to the one that it is for, without what is only added up', async () => {
    const [x, y, z] = [await instance('x'), await instance('y'), await instance('z')];
    x.link.raise('a/k', 'usedAt', 5);
    x.link.put('a/k', 'state', 'gone');
    x.link.put('a/k', 'grant', 'half', { to: { instance: 'z' } });
    x.link.put('a/k', 'entry', 'log', { to: 'nobody' });
    await settle();
    const heard = [y, z].map(({ counters: { states } }) => Object.fromEntries(states));
    expect(heard).toEqual([{ 'a/k state': 'gone' }, { 'a/k state': 'gone', 'a/k grant': 'half' }]);
    expect(cluster.documents.get('a/k')?.maxima).toEqual({});
    await clock.advance(1_000);
    expect(cluster.documents.get('a/k')?.maxima).toEqual({ usedAt: 5 });
    await y.link.freshen();
    expect(y.counters.states.get('a/k entry')).toBe('log');
  });

  it('reads once for all who wait for it within two seconds, and nothing where nobody looks', async () => {
    const [x, y] = [await instance('x', 100), await instance('y', 100)];
    const read = jest.spyOn([...cluster.members][0] as DiscreetStore, 'changesSince');
    y.counters.count('k', 1);
    await clock.advance(10_000);
    expect(read).toHaveBeenCalledTimes(0);
    await Promise.all([x.link.freshen(), x.link.freshen(), x.link.freshen()]);
    await clock.advance(1_999);
    await x.link.freshen();
    expect(read).toHaveBeenCalledTimes(1);
    await clock.advance(2);
    await x.link.freshen();
    expect(read).toHaveBeenCalledTimes(2);
  });

  it('reads on for a minute after a look that does not wait, and after a start among few', async () => {
    const [many, few] = [await instance('many', 17), await instance('few', 16)];
    const [reads, readsOfFew] = [...cluster.members].map((member) =>
      jest.spyOn(member as DiscreetStore, 'changesSince'),
    );
    await clock.advance(90_000);
    expect([reads!.mock.calls.length, readsOfFew!.mock.calls.length]).toEqual([0, 29]);
    many.link.looked();
    few.counters.count('k', 1);
    await clock.advance(4_000);
    expect(many.counters.total('k')).toBe(1);
    await clock.advance(90_000);
    expect(reads!.mock.calls.length).toBe(30);
  });

  it('does not read on where those who look wait for it themselves', async () => {
    const { link } = await instance('x');
    const read = jest.spyOn([...cluster.members][0] as DiscreetStore, 'changesSince');
    for (let looks = 0; looks < 5; looks += 1) {
      await clock.advance(30_000);
      await link.freshen();
      link.looked();
    }
    expect(read).toHaveBeenCalledTimes(5);
  });

  it('is loaded again where it does not remember as far back', async () => {
    const [x, y] = [await instance('x'), await instance('y')];
    y.counters.count('k', 5);
    await clock.advance(1_000);
    await x.link.freshen();
    y.counters.count('k', 6);
    await clock.advance(2_000);
    cluster.forgetQuiet();
    y.counters.count('k', 7);
    await clock.advance(2_000);
    await x.link.freshen();
    expect(x.counters.total('k')).toBe(18);
    y.counters.count('k', 1);
    await clock.advance(3_000);
    await x.link.freshen();
    expect(x.counters.total('k')).toBe(19);
  });

  it('holds nothing of a document that was dropped, though its counts are read later', async () => {
    const [x, y] = [await instance('x'), await instance('y')];
    y.counters.count('k', 5);
    await clock.advance(1_000);
    y.link.drop('a/k');
    await clock.advance(1_000);
    await x.link.freshen();
    expect(x.link.totals('a/k')).toEqual({});
    cluster.mend({ empty: true });
    await clock.advance(3_000);
    expect(cluster.documents.has('a/k')).toBe(false);
  });

  it('says that what is known is old while it does not answer, and decides nothing by it', async () => {
    const [x, y] = [await instance('x'), await instance('y')];
    y.counters.count('k', 5);
    await clock.advance(3_000);
    const member = [...cluster.members][0] as DiscreetStore;
    jest.spyOn(member, 'changesSince').mockReturnValue(new Promise(() => undefined));
    const answer = x.link.freshen();
    await clock.advance(1_000);
    expect(await answer).toBe(false);
    cluster.cut();
    expect(await x.link.freshen()).toBe(true);
  });

  it('knows what was written before it was asked, however long reading takes, also where another reads already', async () => {
    const [x, y] = [await instance('x'), await instance('y')];
    const member = [...cluster.members][0] as DiscreetStore;
    const read = member.changesSince.bind(member);
    jest.spyOn(member, 'changesSince').mockImplementation(async (cursor) => {
      const answer = await read(cursor);
      await new Promise<void>((resolve) => clock.after(50, resolve));
      return answer;
    });
    const first = x.link.freshen(0);
    await clock.advance(10);
    y.counters.count('k', 5);
    await y.link.close(1_000);
    const second = x.link.freshen(0);
    await clock.advance(500);
    expect([await first, await second, x.counters.total('k')]).toEqual([true, true, 5]);
  });

  it('gets statistics once a second where they are of few keys, and up to every ten where they are of many, or instances are', async () => {
    const writes = async ({ counters }: Awaited<ReturnType<typeof instance>>, keys: number): Promise<number> => {
      const before = cluster.batches.length;
      for (let second = 0; second < 60; second += 1) {
        for (let key = 0; key < keys; key += 1) counters.count(`k${key}`, 1);
        await clock.advance(1_000);
      }
      return cluster.batches.length - before;
    };
    expect(await writes(await instance('few'), 10)).toBeGreaterThanOrEqual(59);
    expect(await writes(await instance('many'), 900)).toBeLessThanOrEqual(8);
    const fleet = await writes(await instance('fleet', 100), 1);
    expect([fleet >= 11, fleet <= 13]).toEqual([true, true]);
  });

  it('knows the true sums after losses of all it holds, under load, with instances that look and that do not', async () => {
    const random = seededRandom(11);
    const instances = [await instance('x'), await instance('y'), await instance('z')];
    let truth = 0;
    for (let round = 0; round < 40; round += 1) {
      for (const { counters, link } of instances) {
        const by = Math.floor(random() * 10);
        truth += by;
        counters.count('k', by);
        if (random() < 0.3) await link.freshen();
      }
      await clock.advance(Math.floor(random() * 2_500));
      if (random() < 0.2) cluster.forgetQuiet();
      if (round % 4 !== 3) continue;
      cluster.mend({ empty: true });
      await clock.advance(5_000);
      for (const { link } of instances) expect(await link.freshen(0)).toBe(true);
      expect([stored('k'), ...instances.map(({ counters }) => counters.total('k'))]).toEqual(Array(4).fill(truth));
    }
  });

  it('gives back what one counted that died, once another has read it', async () => {
    const [x, y] = [await instance('x'), await instance('y')];
    x.counters.count('k', 9);
    await clock.advance(1_000);
    await y.link.freshen();
    cluster.members.delete([...cluster.members][0]!);
    cluster.mend({ empty: true });
    await clock.advance(3_000);
    expect(stored('k')).toBe(9);
  });
});
