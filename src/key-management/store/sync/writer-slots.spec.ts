import { Cluster, type ClusterStore } from '../../../../test/support/cluster-store';
import { FakeClock, seededRandom, settle } from '../../../../test/support/fake-clock';
import { countsOf } from '../../../../test/support/stored-counts';
import { StoreLink } from './store-link';
import { StoreError } from '../port/store-error';

const SILENT = { warn: () => undefined, info: () => undefined };
const DOC = 'a/one';
const MINUTE_MS = 60_000;

/** An instance that counts calls, with a clock of its own: a frozen one's stands still. */
class Instance {
  readonly clock = new FakeClock();
  readonly link: StoreLink;
  readonly member: ClusterStore;
  /** All that it knows of. */
  total = 0;
  #waiting = 0;
  isFrozen = false;

  constructor(cluster: Cluster, name: string) {
    this.member = cluster.member();
    this.link = new StoreLink(this.member, name, this.clock, SILENT);
    this.link.own({
      prefix: 'a/',
      merge: ({ sums }) => void (this.total += sums.calls ?? 0),
      changed: (change) => void (this.total += change.kind === 'add' ? change.by : 0),
      known: () => [],
      collect: () => {
        this.link.add(DOC, 'calls', this.#waiting);
        this.#waiting = 0;
        return false;
      },
    });
  }

  count(by: number): void {
    this.total += by;
    this.#waiting += by;
    this.link.statisticsPending();
  }

  /** As SIGSTOP, or a machine that is put to sleep. */
  freeze(): void {
    this.isFrozen = true;
    this.member.isDeaf = true;
  }

  thaw(ms: number): void {
    this.isFrozen = false;
    this.member.isDeaf = false;
    this.clock.skip(ms);
  }

  /** As SIGKILL. */
  async kill(): Promise<void> {
    this.freeze();
    await this.member.close();
  }
}

describe('the writers as which instances count', () => {
  let cluster: Cluster;
  let all: Instance[];
  let storeTime: number;
  beforeEach(() => {
    cluster = new Cluster();
    all = [];
    storeTime = 0;
    cluster.lockTime = () => storeTime;
  });

  async function start(name = `i${all.length}`): Promise<Instance> {
    const instance = new Instance(cluster, name);
    all.push(instance);
    await instance.link.open();
    return instance;
  }

  async function pass(ms: number): Promise<void> {
    storeTime += ms;
    for (const each of all) if (!each.isFrozen) await each.clock.advance(ms);
  }

  const stored = (): number => countsOf(cluster.documents.get(DOC)).calls ?? 0;
  const parts = (): string[] =>
    Object.keys(cluster.documents.get(DOC)?.maxima ?? {}).filter((name) => name.startsWith('+'));

  it('C5: add no field in 200 restarts', async () => {
    for (let n = 1; n <= 200; n += 1) {
      const instance = await start(`i${n}`);
      expect(instance.total).toBe(n - 1);
      instance.count(1);
      await pass(1_000);
      // One in ten is killed, and the next starts when its lock has run out.
      if (n % 10 === 0) {
        await instance.kill();
        storeTime += 2 * MINUTE_MS;
      } else await instance.link.close(1_000);
      all = [];
    }
    expect(stored()).toBe(200);
    expect(parts()).toHaveLength(1);
  });

  it('C5: are different for two that start at once, first and again', async () => {
    for (let round = 1; round <= 3; round += 1) {
      all = [new Instance(cluster, `a${round}`), new Instance(cluster, `b${round}`)];
      await Promise.all(all.map(({ link }) => link.open()));
      for (const each of all) each.count(10);
      await pass(2_000);
      expect([stored(), ...all.map(({ total }) => total)]).toEqual(Array(3).fill(20 * round));
      expect(parts()).toHaveLength(2);
      await Promise.all(all.map(({ link }) => link.close(1_000)));
    }
  });

  it.each([0, 1, 4, 1_000])(
    'C5: nothing is lost or doubled by a holder that was frozen when another counted %i',
    async (others) => {
      const x = await start();
      x.count(10);
      await pass(1_000);
      x.count(3);
      x.freeze();
      await pass(2 * MINUTE_MS);
      const y = await start();
      y.count(others);
      await pass(1_000);
      x.count(2);
      x.thaw(2 * MINUTE_MS);
      await pass(3_000);
      x.count(1);
      y.count(1);
      await pass(3_000);
      const truth = 17 + others;
      expect([stored(), x.total, y.total]).toEqual([truth, truth, truth]);
      expect(parts()).toHaveLength(2);
    },
  );

  it('C5: what a frozen holder had put on its way is counted for its next writer', async () => {
    const x = await start();
    x.count(10);
    await pass(1_000);
    cluster.cut();
    x.count(3);
    await pass(5_000);
    x.freeze();
    storeTime += 2 * MINUTE_MS;
    cluster.away = false;
    const y = await start();
    y.count(50);
    await pass(1_000);
    x.thaw(2 * MINUTE_MS);
    x.member.watcher?.connection(true);
    await pass(3_000);
    expect([stored(), x.total, y.total]).toEqual([63, 63, 63]);
  });

  it('C5: one that nobody took over goes on after an outage, also where an answer was lost', async () => {
    const x = await start();
    x.count(10);
    await pass(1_000);
    x.count(3);
    cluster.loseNextAnswer = true;
    await pass(1_000);
    cluster.cut();
    x.count(2);
    await pass(10 * MINUTE_MS);
    cluster.mend();
    await pass(3_000);
    expect([stored(), x.total, parts().length]).toEqual([15, 15, 1]);
  });

  it('C5: one that starts on a store that lost everything takes none of those who still count', async () => {
    const [x, y] = [await start(), await start()];
    for (const each of [x, y]) each.count(100);
    await pass(2_000);
    cluster.documents = new Map();
    cluster.locks.clear();
    const z = await start();
    z.count(500);
    await z.clock.advance(1_000);
    for (const each of [x, y]) each.count(1);
    for (const { watcher } of cluster.members) watcher?.reset();
    await pass(3_000);
    expect([stored(), ...all.map(({ total }) => total)]).toEqual(Array(4).fill(702));
  });

  it('C5: writers of earlier versions are summed, and not taken over', async () => {
    const earlier = '+0f9a1b2c-3d4e~calls';
    await cluster.member().write([{ kind: 'max', doc: DOC, field: earlier, value: 7 }]);
    const x = await start();
    x.count(1);
    await pass(1_000);
    expect([stored(), x.total, cluster.documents.get(DOC)?.maxima[earlier]]).toEqual([8, 8, 7]);
  });

  it('C5: where locks fail, an instance counts under a name of its own', async () => {
    const x = new Instance(cluster, 'x');
    all.push(x);
    x.member.lock = () => Promise.reject(new StoreError('unavailable', 'No right to lock.'));
    await x.link.open();
    x.count(1);
    await pass(5_000);
    expect([stored(), parts()]).toEqual([1, ['+x~calls']]);
    await x.link.close(1_000);
    const y = await start('y');
    y.count(1);
    await pass(1_000);
    expect([stored(), parts().length]).toEqual([2, 2]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'C5: true sums after any starts, ends, freezes and lost locks (seed %i)',
    async (seed) => {
      const random = seededRandom(seed);
      const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];
      const frozenAt = new Map<Instance, number>();
      let truth = 0;
      let started = 0;
      let mostAlive = 0;
      const awake = (): Instance[] => all.filter(({ isFrozen }) => !isFrozen);
      for (let step = 0; step < 120; step += 1) {
        const what = random();
        if (what < 0.15 && all.length < 5) await start(`i${(started += 1)}`);
        else if (what < 0.22) {
          const gone = pick(awake());
          if (gone) {
            await gone.link.close(1_000);
            all = all.filter((each) => each !== gone);
          }
        } else if (what < 0.3) {
          const frozen = pick(awake());
          if (frozen) {
            frozen.freeze();
            frozenAt.set(frozen, storeTime);
          }
        } else if (what < 0.4) {
          const frozen = pick(all.filter(({ isFrozen }) => isFrozen));
          if (frozen) {
            frozen.thaw(storeTime - frozenAt.get(frozen)!);
            // It hears of what it missed now, or later than it writes.
            if (random() < 0.5) frozen.member.watcher?.reset();
          }
        } else if (what < 0.45) cluster.locks.clear();
        mostAlive = Math.max(mostAlive, all.length);
        for (const each of all) {
          const by = Math.floor(random() * 20);
          truth += by;
          each.count(by);
        }
        await pass(random() < 0.3 ? 50_000 : Math.floor(random() * 3_000));
      }
      for (const each of all.filter(({ isFrozen }) => isFrozen)) each.thaw(storeTime - frozenAt.get(each)!);
      await pass(3_000);
      for (const { watcher } of cluster.members) watcher?.reset();
      await pass(3_000);
      await settle();
      expect([stored(), ...all.map(({ total }) => total)]).toEqual(Array(all.length + 1).fill(truth));
      expect(parts().length).toBeLessThan(started);
    },
  );
});
