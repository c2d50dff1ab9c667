import { Cluster } from '../../../../test/support/cluster-store';
import { FakeClock, settle } from '../../../../test/support/fake-clock';
import { countsOf } from '../../../../test/support/stored-counts';
import { turns } from '../../../../test/support/turns';
import type { StoredDocument } from '../port/key-store';
import type { DocumentOwner } from './document-owner';
import { StoreLink } from './store-link';

const NAME = 'customer-7';
const DOC = `a/${NAME}/key`;

/** Documents of providers, `a/<provider>/<name>`. */
class Owner implements DocumentOwner {
  readonly prefix = 'a/';
  readonly taken: string[] = [];
  readonly passed: string[] = [];
  readonly forgotten: string[] = [];
  /** What is counted, and not handed on yet. */
  uncollected = 0;

  constructor(private readonly link: StoreLink) {}

  providerOf(doc: string): string | undefined {
    return doc.split('/')[1];
  }
  merge({ doc }: StoredDocument): void {
    this.taken.push(doc);
  }
  changed(): void {
    this.taken.push('changed');
  }
  passedBy({ doc }: StoredDocument): void {
    this.passed.push(doc);
  }
  forget(provider: string): void {
    this.forgotten.push(provider);
  }
  collect(): boolean {
    this.link.add(DOC, 'calls', this.uncollected);
    this.uncollected = 0;
    return false;
  }
}

describe('what a link knows of providers that are served for a while', () => {
  let cluster: Cluster;
  let clock: FakeClock;
  beforeEach(() => {
    cluster = new Cluster();
    clock = new FakeClock();
  });

  async function instance(name: string, served = new Set<string>()) {
    const link = new StoreLink(cluster.member(), name, clock, { warn: () => undefined, info: () => undefined });
    link.servesBy((provider) => served.has(provider));
    const owner = new Owner(link);
    link.own(owner);
    await link.open();
    return { link, owner, served };
  }
  const stored = (): number => countsOf(cluster.documents.get(DOC)).calls ?? 0;
  const later = async (ms: number): Promise<void> => {
    await clock.advance(ms);
    await turns(3);
  };

  it('is read when it is served, and nothing before', async () => {
    const one = await instance('one', new Set([NAME]));
    const two = await instance('two');
    one.link.put(DOC, 'state', 'healthy');
    await settle();
    expect([two.owner.taken, two.link.totals(DOC)]).toEqual([[], {}]);
    two.served.add(NAME);
    await two.link.enter(NAME);
    expect(two.owner.taken).toEqual([DOC]);
    one.link.put(DOC, 'state', 'disabled');
    await settle();
    expect(two.owner.taken).toEqual([DOC, 'changed']);
  });

  it('is read when the store is back, where it was away', async () => {
    const one = await instance('one', new Set([NAME]));
    const two = await instance('two');
    one.link.put(DOC, 'state', 'healthy');
    await settle();
    cluster.cut();
    two.served.add(NAME);
    await two.link.enter(NAME);
    expect(two.owner.taken).toEqual([]);
    cluster.mend();
    await later(2_000);
    expect(two.owner.taken).toContain(DOC);
  });

  it('is forgotten when all of it is written, and not while the store is away', async () => {
    const { link, owner, served } = await instance('one', new Set([NAME]));
    await later(1_000);
    const { mirrored } = link;
    link.put(DOC, 'state', 'healthy');
    await settle();
    cluster.cut();
    owner.uncollected = 5;
    served.delete(NAME);
    link.leave(NAME);
    await later(5_000);
    expect(owner.forgotten).toEqual([]);
    cluster.mend();
    await later(5_000);
    expect([owner.forgotten, link.totals(DOC)]).toEqual([[NAME], {}]);
    expect(stored()).toBe(5);
    // The document that names who counts.
    expect(link.mirrored).toBeLessThanOrEqual(mirrored + 1);
  });

  it('goes on with its counts when it is served again, however soon', async () => {
    const { link, owner, served } = await instance('one', new Set([NAME]));
    for (const ms of [0, 500, 1_000, 3_000]) {
      owner.uncollected = 5;
      link.statisticsPending();
      served.delete(NAME);
      link.leave(NAME);
      await later(ms);
      served.add(NAME);
      await link.enter(NAME);
      await later(3_000);
    }
    expect(link.totals(DOC)).toEqual({ calls: 20 });
    expect(stored()).toBe(20);
  });

  it('wins over what is stored when it is set after it was served again', async () => {
    const { link, served } = await instance('one', new Set([NAME]));
    for (let n = 0; n < 5; n += 1) link.put(DOC, 'state', n);
    served.delete(NAME);
    link.leave(NAME);
    await later(3_000);
    served.add(NAME);
    await link.enter(NAME);
    link.put(DOC, 'state', 'newest');
    await settle();
    expect(cluster.documents.get(DOC)?.registers.state?.value).toBe('newest');
  });

  it('is looked through once a day, so that what is too old can be dropped', async () => {
    const { link, owner, served } = await instance('one', new Set([NAME]));
    link.put(DOC, 'state', 'healthy');
    served.delete(NAME);
    link.leave(NAME);
    await later(3_000);
    expect(owner.passed).toEqual([]);
    await later(25 * 60 * 60_000);
    expect(owner.passed).toEqual([DOC]);
    await link.close(1_000);
    expect(clock.pendingTimers).toBe(0);
  });
});
