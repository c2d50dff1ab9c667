import { Cluster } from '../../../test/support/cluster-store';
import { FakeClock, settle } from '../../../test/support/fake-clock';
import type { DocumentOwner } from './document-owner';
import type { StoreChange, StoredDocument } from './key-store';
import { totalsOf } from './missing-changes';
import { StoreError } from './store-error';
import { StoreLink } from './store-link';

/** Counts calls in one document, as keys do. */
class Counter implements DocumentOwner {
  total = 0;
  sent = 0;
  constructor(
    readonly prefix: string,
    private readonly link: StoreLink,
  ) {}

  count(by: number): void {
    this.total += by;
    this.link.statisticsPending();
  }
  merge({ sums }: StoredDocument): void {
    const more = (sums.calls ?? 0) - this.sent;
    if (more > 0) this.#others(more);
  }
  changed(change: StoreChange): void {
    if (change.kind === 'add') this.#others(change.by);
  }
  *known() {
    yield { doc: `${this.prefix}one`, registers: {}, maxima: {}, sums: { calls: this.sent } };
  }
  collect(): boolean {
    this.link.add(`${this.prefix}one`, 'calls', this.total - this.sent);
    this.sent = this.total;
    return false;
  }
  #others(by: number): void {
    this.total += by;
    this.sent += by;
  }
}

const SILENT = { warn: () => undefined, info: () => undefined };

describe('the link to a store', () => {
  let cluster: Cluster;
  let clock: FakeClock;
  beforeEach(() => {
    cluster = new Cluster();
    clock = new FakeClock();
  });
  async function instance(name: string) {
    const link = new StoreLink(cluster.member(), name, clock, SILENT);
    const counters = ['a/', 'b/'].map((prefix) => new Counter(prefix, link));
    for (const counter of counters) link.own(counter);
    await link.open();
    return { link, counter: counters[0]! };
  }
  const stored = (): number => totalsOf(cluster.documents.get('a/one')?.sums ?? {}).calls ?? 0;

  it.each(Array.from({ length: 24 }, (_, steps) => steps))(
    'collects statistics that become due %i steps into a write',
    async (steps) => {
      const { link, counter } = await instance('x');
      await settle();
      let due: (() => void) | undefined;
      jest.spyOn(clock, 'after').mockImplementation((_, callback) => {
        due ??= callback;
        return () => undefined;
      });
      counter.count(1);
      link.put('a/one', 'state', 'resting');
      for (let step = 0; step < steps; step += 1) await Promise.resolve();
      due!();
      for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      expect(stored()).toBe(1);
    },
  );

  it('keeps what instances counted while a store was away that comes back empty', async () => {
    const instances = [await instance('x'), await instance('y'), await instance('z')];
    for (const { counter } of instances) counter.count(100);
    await clock.advance(3_000);
    cluster.cut();
    instances.forEach(({ counter }, i) => counter.count(i + 1));
    await clock.advance(40_000);
    cluster.mend({ empty: true });
    await clock.advance(5_000);
    expect(stored()).toBe(306);
    for (const { counter } of instances) expect(counter.total).toBe(306);
  });

  it('takes nothing for lost that others add while it reconciles', async () => {
    const x = await instance('x');
    const add = (by: number) => other.write([{ kind: 'add', doc: 'a/one', field: 'calls', by }]);
    const [member, other] = [[...cluster.members][0]!, cluster.member()];
    await add(10);
    const load = member.load.bind(member);
    member.load = async (prefix) => {
      const documents = await load(prefix);
      // While the next prefix is loaded.
      if (prefix === 'b/') await add(1);
      return documents;
    };
    member.watcher!.reset();
    await settle();
    await clock.advance(3_000);
    expect(stored()).toBe(10 + cluster.batches.length - 1);
    expect(x.counter.total).toBe(stored());
  });

  it('counts once what others add while it takes in the many documents that it loaded', async () => {
    const count = 1_000;
    const all = Array.from({ length: count }, (_, n) => `a/${n}`);
    const other = cluster.member();
    await other.write(all.map((doc) => ({ kind: 'add', doc, field: 'calls', by: 5 })));
    const totals = new Map<string, number>();
    const link = new StoreLink(cluster.member(), 'x', clock, SILENT);
    link.own({
      prefix: 'a/',
      merge: ({ doc, sums }) => totals.set(doc, Math.max(totals.get(doc) ?? 0, sums.calls ?? 0)),
      changed: (change) => {
        if (change.kind === 'add') totals.set(change.doc, (totals.get(change.doc) ?? 0) + change.by);
      },
      known: () => [],
      collect: () => false,
    });
    const opening = link.open();
    // The first slice is taken in by then.
    setImmediate(() => void other.write(all.map((doc) => ({ kind: 'add', doc, field: 'calls', by: 1 }))));
    await opening;
    expect(new Set(totals.values())).toEqual(new Set([6]));
    expect(totals.size).toBe(count);
  });

  it('writes at once what is changed by one who waited for a write', async () => {
    const { link } = await instance('x');
    link.put('a/k', 'state', 1);
    await link.saved('a/k');
    link.put('a/k', 'state', 2);
    await link.saved('a/k');
    expect(cluster.documents.get('a/k')?.registers.state?.value).toBe(2);
  });

  it('keeps nothing for a store that can never be used, and ends without timers', async () => {
    const member = cluster.member();
    member.open = () => Promise.reject(new StoreError('locked', 'Another process has the folder.'));
    const link = new StoreLink(member, 'x', clock, SILENT);
    await expect(link.open()).rejects.toThrow('folder');
    for (let i = 0; i < 100; i += 1) {
      link.put(`a/${i}`, 'state', i);
      link.add(`a/${i}`, 'calls', 1);
      link.drop(`b/${i}`);
    }
    expect(link.backlog).toBe(0);
    await link.close(1_000);
    expect(clock.pendingTimers).toBe(0);
  });
});
