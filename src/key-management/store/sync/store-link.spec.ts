import { Cluster } from '../../../../test/support/cluster-store';
import { FakeClock, seededRandom, settle } from '../../../../test/support/fake-clock';
import { countsOf } from '../../../../test/support/stored-counts';
import type { DocumentOwner } from './document-owner';
import type { StoreChange, StoredDocument } from '../port/key-store';
import { MemoryKeyStore } from '../memory/memory-key-store';
import { StoreError } from '../port/store-error';
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
    this.#others(sums.calls ?? 0);
  }
  changed(change: StoreChange): void {
    if (change.kind === 'add') this.#others(change.by);
  }
  *known() {
    // Counts alone.
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
  const stored = (): number => countsOf(cluster.documents.get('a/one')).calls ?? 0;

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
      link.put('a/one', 'state', 'cooling_down');
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

  it('C5: counts once what others count while it takes in the many documents that it loaded', async () => {
    const count = 1_000;
    const all = Array.from({ length: count }, (_, n) => `a/${n}`);
    const other = cluster.member();
    const raise = (value: number) =>
      other.write(all.map((doc) => ({ kind: 'max', doc, field: '+other~calls', value })));
    await raise(5);
    const totals = new Map<string, number>();
    const link = new StoreLink(cluster.member(), 'x', clock, SILENT);
    link.own({
      prefix: 'a/',
      merge: ({ doc, sums }) => totals.set(doc, (totals.get(doc) ?? 0) + (sums.calls ?? 0)),
      changed: (change) => {
        if (change.kind === 'add') totals.set(change.doc, (totals.get(change.doc) ?? 0) + change.by);
      },
      known: () => [],
      collect: () => false,
    });
    const opening = link.open();
    // The first slice is taken in by then.
    setImmediate(() => void raise(6));
    await opening;
    expect(new Set(totals.values())).toEqual(new Set([6]));
    expect(totals.size).toBe(count);
  });

  it('C5: knows the true sums after any loss under load, of all, of some, also of what others had not heard of', async () => {
    const random = seededRandom(7);
    const instances = [await instance('x'), await instance('y'), await instance('z')];
    let truth = 0;
    for (let round = 0; round < 30; round += 1) {
      for (const { counter } of instances) {
        const by = Math.floor(random() * 10);
        truth += by;
        counter.count(by);
      }
      await clock.advance(Math.floor(random() * 1_500));
      if (round % 3 !== 2) continue;
      // What was written last is lost before anyone hears of it, and some go on writing before they notice.
      for (const member of cluster.members) member.isDeaf = random() < 0.5;
      for (const { counter } of instances) {
        truth += 1;
        counter.count(1);
      }
      await clock.advance(1_000);
      cluster.documents = new Map();
      for (const member of cluster.members) member.isDeaf = false;
      for (const { counter } of instances) {
        truth += 1;
        counter.count(1);
      }
      await clock.advance(1_000);
      for (const { watcher } of cluster.members) watcher?.reset();
      await clock.advance(3_000);
      expect([stored(), ...instances.map(({ counter }) => counter.total)]).toEqual(Array(4).fill(truth));
    }
  });

  it('C5: an instance that came later gives back what those counted that are gone', async () => {
    const x = await instance('x');
    x.counter.count(100);
    await clock.advance(1_000);
    await x.link.close(1_000);
    const y = await instance('y');
    y.counter.count(1);
    await clock.advance(1_000);
    cluster.mend({ empty: true });
    await clock.advance(3_000);
    expect([stored(), y.counter.total]).toEqual([101, 101]);
  });

  it('C3: writes all but what the store can never hold, and names that in the log, once', async () => {
    const warnings: string[] = [];
    const member = cluster.member();
    const write = member.write.bind(member);
    member.write = (changes, id) =>
      changes.some(({ doc }) => doc === 'a/poison')
        ? Promise.reject(new StoreError('invalid', 'The name is too long.'))
        : write(changes, id);
    const listener = { ...SILENT, warn: (message: string) => void warnings.push(message) };
    const link = new StoreLink(member, 'x', clock, listener);
    await link.open();
    for (let i = 0; i < 50; i += 1) link.put(i === 20 ? 'a/poison' : `a/${i}`, 'state', i);
    const results = await Promise.allSettled([link.saved('a/19'), link.saved('a/poison'), link.saved('a/49')]);
    expect(results).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'invalid' } },
      { status: 'fulfilled' },
    ]);
    expect([...cluster.documents.keys()]).toHaveLength(49);
    link.put('a/poison', 'state', 'again');
    await link.saved('a/poison').catch(() => undefined);
    expect(warnings).toEqual([expect.stringMatching(/a\/poison.*too long/)]);
    expect(link.backlog).toBe(0);
  });

  it('C10: tells a store that refuses to write by one line and its state, and tells when it is over', async () => {
    const lines: string[] = [];
    const note = (message: string) => void lines.push(message);
    const member = cluster.member();
    const write = member.write.bind(member);
    let isFull = false;
    member.write = (changes, id) =>
      isFull ? Promise.reject(new StoreError('unavailable', 'No space left on device.')) : write(changes, id);
    const link = new StoreLink(member, 'x', clock, { warn: note, info: note });
    await link.open();
    expect([link.up, link.state.condition]).toEqual([true, 'up']);
    isFull = true;
    for (let i = 0; i < 20; i += 1) {
      link.put(`a/${i}`, 'state', i);
      await clock.advance(500);
    }
    expect([link.up, link.state.condition]).toEqual([false, 'failing']);
    isFull = false;
    await clock.advance(2_000);
    expect([link.up, link.backlog]).toEqual([true, 0]);
    expect(lines).toEqual([
      expect.stringContaining('is there'),
      expect.stringMatching(/cannot be read or written.*No space left/),
      expect.stringContaining('works again'),
    ]);
  });

  it('writes at once what is changed by one who waited for a write', async () => {
    const { link } = await instance('x');
    link.put('a/k', 'state', 1);
    await link.saved('a/k');
    link.put('a/k', 'state', 2);
    await link.saved('a/k');
    expect(cluster.documents.get('a/k')?.registers.state?.value).toBe(2);
  });

  it('C1: keeps what changes for a store that is not there yet, and writes it when it is', async () => {
    const member = cluster.member();
    const open = member.open.bind(member);
    member.open = async (watcher) => {
      await open(watcher);
      throw new StoreError('locked', 'Another process has the folder.');
    };
    const link = new StoreLink(member, 'x', clock, SILENT);
    await expect(link.open()).rejects.toThrow('folder');
    expect(link.state.condition).toBe('away');
    for (let i = 0; i < 100; i += 1) link.put(`a/${i}`, 'state', i);
    expect(link.backlog).toBe(100);
    const [kept] = await Promise.allSettled([link.saved('a/1'), clock.advance(6_000)]);
    expect(kept).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
    member.watcher!.connection(true);
    member.watcher!.reset();
    await link.saved('a/99');
    expect([link.backlog, cluster.documents.size]).toEqual([0, 100]);
    await link.close(1_000);
    expect(clock.pendingTimers).toBe(0);
  });

  it('C1: goes on with the counts of a store of its own that it could not read at first', async () => {
    class Own extends MemoryKeyStore {
      readonly #documents: StoredDocument[] = [];
      override async load(prefix: string): Promise<StoredDocument[]> {
        return [...this.#documents.splice(0), ...(await super.load(prefix))];
      }
      constructor(calls: number) {
        super({ clock });
        this.#documents.push({ doc: 'a/one', registers: {}, maxima: { '+only~calls': calls }, sums: {} });
      }
    }
    const link = new StoreLink(new Own(100), 'x', clock, SILENT);
    const counter = new Counter('a/', link);
    link.own(counter);
    counter.count(5);
    await clock.advance(1_000);
    await link.open();
    await clock.advance(2_000);
    expect(counter.total).toBe(105);
    expect(link.totals('a/one')).toEqual({ calls: 105 });
  });
});
