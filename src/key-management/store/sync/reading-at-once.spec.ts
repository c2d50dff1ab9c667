import { Cluster, type ClusterStore } from '../../../../test/support/cluster-store';
import { FakeClock, seededRandom, settle } from '../../../../test/support/fake-clock';
import { turns } from '../../../../test/support/turns';
import type { FieldChange, StoredDocument } from '../port/key-store';
import type { DocumentOwner } from './document-owner';
import { StoreLink } from './store-link';

const DOCUMENTS = 1_000;
/** So many wait 600 ms at the most, and again while one of them reads. */
const INSTANCES = 12;
const PAUSE_MS = INSTANCES * 50;

/** Knows the states of all keys. */
class States implements DocumentOwner {
  readonly prefix = 'a/';
  readonly states = new Map<string, string>();
  merge({ doc, registers }: StoredDocument): void {
    if (registers.state) this.states.set(doc, String(registers.state.value));
  }
  changed(change: FieldChange): void {
    if (change.kind === 'set') this.states.set(change.doc, String(change.register.value));
  }
  *known() {
    for (const [doc, state] of this.states) yield { doc, registers: { state }, maxima: {} };
  }
}

describe('instances that are told at once to read all', () => {
  let cluster: Cluster;
  let clock: FakeClock;
  let loads: string[];
  let random: () => number;
  const instance = async (name: string, count: number) => {
    const member: ClusterStore = cluster.discreetMember();
    const load = member.load.bind(member);
    jest.spyOn(member, 'load').mockImplementation((prefix) => {
      if (prefix === 'a/') loads.push(name);
      return load(prefix);
    });
    const link = new StoreLink(member, name, clock, { warn: () => undefined, info: () => undefined }, random);
    link.countInstances = () => count;
    link.isFirst = () => name === 'i0';
    const owner = new States();
    link.own(owner);
    await link.open();
    return { link, owner, member };
  };
  const fleet = async (count: number) => {
    const first = await instance('i0', count);
    for (let n = 0; n < DOCUMENTS; n += 1) {
      first.owner.states.set(`a/${n}`, 'healthy');
      first.link.put(`a/${n}`, 'state', 'healthy');
    }
    await clock.advance(2_000);
    const others = [];
    for (let n = 1; n < count; n += 1) others.push(await instance(`i${n}`, count));
    loads = [];
    return [first, ...others];
  };
  const writtenSince = (before: number): number =>
    cluster.batches.slice(before).reduce((sum, { length }) => sum + length, 0);

  beforeEach(() => {
    cluster = new Cluster();
    clock = new FakeClock();
    random = seededRandom(3);
    loads = [];
  });

  /** So long that each has done what it began when the next one's pause ends. */
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 10) {
      await clock.advance(10);
      await turns(50);
    }
  };

  it('give back what was lost once, since one goes before the others, however long it takes', async () => {
    const instances = await fleet(INSTANCES);
    const before = cluster.batches.length;
    cluster.cut();
    cluster.mend({ empty: true });
    // No turn of the event loop in which it could read on.
    await clock.advance(5 * PAUSE_MS);
    expect(loads).toEqual(['i0']);
    await pass(2 * PAUSE_MS);
    expect(new Set(loads).size).toBe(INSTANCES);
    expect(writtenSince(before)).toBeLessThan(DOCUMENTS * 1.1);
    expect(cluster.documents.size).toBe(DOCUMENTS);
    await Promise.all(instances.map(({ link }) => link.close(1_000)));
  });

  it('read one after the other, at moments of chance', async () => {
    await fleet(INSTANCES);
    for (const { watcher } of cluster.members) watcher?.reset();
    const readers: number[] = [];
    for (let part = 0; part < 6; part += 1) {
      const before = loads.length;
      await pass(PAUSE_MS / 6);
      readers.push(loads.length - before);
    }
    await pass(PAUSE_MS);
    expect(loads).toHaveLength(INSTANCES);
    expect(loads[0]).toBe('i0');
    expect(Math.max(...readers)).toBeLessThanOrEqual(INSTANCES / 2);
  });

  it('do not wait for ever for one that reads', async () => {
    await fleet(INSTANCES);
    await cluster.member().lock('read-all', 'another', 1e9);
    const [member] = [...cluster.members].slice(4);
    member!.watcher?.reset();
    await clock.advance(20_000);
    expect(loads).toEqual([]);
    await clock.advance(20_000 + PAUSE_MS);
    expect(loads).toEqual(['i4']);
  });

  it('read once, however often they are told meanwhile, and go on hearing what changes', async () => {
    const instances = await fleet(INSTANCES);
    const { member, owner } = instances[5]!;
    for (let times = 0; times < 3; times += 1) member.watcher?.reset();
    instances[1]!.link.put('a/1', 'state', 'removed');
    await settle();
    expect(loads).toEqual([]);
    expect(owner.states.get('a/1')).toBe('removed');
    await clock.advance(PAUSE_MS);
    expect(loads).toEqual(['i5']);
  });

  it.each([
    ['where they are few', 3],
    ['where it is alone', 1],
  ])('do not wait %s', async (_, count) => {
    await fleet(count);
    for (const { watcher } of cluster.members) watcher?.reset();
    await settle();
    expect(loads.sort()).toEqual(['i0', 'i1', 'i2'].slice(0, count));
  });

  it('do not wait at the start, though others are known', async () => {
    cluster.away = true;
    const opening = instance('i7', INSTANCES).catch(() => undefined);
    await settle();
    cluster.mend();
    await opening;
    await settle();
    expect(loads).toEqual(['i7']);
  });

  it('do not wait at the end: nobody else may be left who knows what was lost', async () => {
    const instances = await fleet(INSTANCES);
    const { link, member } = instances[3]!;
    for (const other of instances) if (other.link !== link) await other.link.close(1_000);
    cluster.documents = new Map();
    member.watcher?.reset();
    await link.close(1_000);
    expect(cluster.documents.size).toBe(DOCUMENTS);
  });

  it('nor where they were told while they read', async () => {
    const instances = await fleet(INSTANCES);
    const { link, member } = instances[3]!;
    for (const other of instances) if (other.link !== link) await other.link.close(1_000);
    const load = member.load.bind(member);
    let goOn: () => void = () => undefined;
    const reading = new Promise<void>((began) => {
      jest.spyOn(member, 'load').mockImplementationOnce(async (prefix) => {
        const documents = await load(prefix);
        began();
        await new Promise<void>((resolve) => (goOn = resolve));
        return documents;
      });
    });
    member.watcher?.reset();
    await clock.advance(60_000);
    await reading;
    cluster.documents = new Map();
    member.watcher?.reset();
    goOn();
    await turns(300);
    await link.close(1_000);
    expect(cluster.documents.size).toBe(DOCUMENTS);
  });
});
