import type { TestingModule } from '@nestjs/testing';
import {
  KeyManagementConfigurationError,
  KeyManagerService,
  KeyPoolService,
  RetryExecutorService,
  type KeyEvent,
  type KeyInput,
  type KeySource,
} from '../../src/key-management';
import { fakeKey, VendorSimulator } from '../simulator';
import { Cluster } from '../support/cluster-store';
import { FakeClock } from '../support/fake-clock';
import { startKeyManagement } from '../support/key-management-app';

const SECOND = 1_000;

/** A source in memory, whose content a test changes. */
class TestSource implements KeySource {
  readonly name = 'vault';
  readonly refreshMs = 2 * SECOND;
  fault: Error | undefined;
  reads = 0;

  constructor(public keys: (string | KeyInput)[]) {}

  async read(): Promise<(string | KeyInput)[]> {
    this.reads += 1;
    await Promise.resolve();
    if (this.fault) throw this.fault;
    return this.keys;
  }
}

describe('keys of a source', () => {
  let simulator: VendorSimulator;
  let clock: FakeClock;
  let apps: TestingModule[];
  let events: KeyEvent[];
  let logs: string[];
  const raw = (n: number) => fakeKey('openai', 500 + n);
  const good = (n: number) => simulator.openai.key(raw(n));

  beforeEach(async () => {
    simulator = await VendorSimulator.start();
    clock = new FakeClock();
    [apps, events, logs] = [[], [], []];
  });
  afterEach(async () => {
    for (const app of apps) await app.close();
    await simulator.close();
  });

  async function start(source: KeySource, more: object = {}, options: object = {}): Promise<KeyPoolService> {
    const note = (message: unknown): void => void logs.push(String(message));
    const app = await startKeyManagement(
      { providers: { openai: { source, baseUrl: simulator.openai.baseUrl, ...more } }, ...options },
      { clock, logger: { log: note, warn: note, error: note } },
    );
    apps.push(app);
    const pools = app.get(KeyPoolService);
    pools.events$.subscribe((event) => events.push(event));
    return pools;
  }
  /** The vendor is asked over real connections, which the fake clock does not wait for. */
  async function until(condition: () => boolean): Promise<void> {
    for (let turn = 0; turn < 2_000; turn += 1) {
      if (condition()) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
    throw new Error('It has not come about.');
  }
  const pass = (ms = 2 * SECOND) => clock.advance(ms);
  const shown = (pools: KeyPoolService) =>
    pools.list('openai').map(({ id, status, origin, label }) => ({ id, status, origin, label }));
  const has = (pools: KeyPoolService, id: string, status = 'healthy') => pools.get('openai', id)?.status === status;
  const warnings = () => logs.filter((line) => line.includes('key source'));

  it('are read before the app serves, with their origin, beside the keys of the options', async () => {
    const source = new TestSource([
      { key: good(1), id: 'one', label: 'first' },
      { key: raw(2), id: 'two' },
    ]);
    const pools = await start(source, { keys: [{ key: good(3), id: 'three' }] });
    expect(shown(pools)).toMatchObject([
      { id: 'three', status: 'healthy', origin: 'options' },
      { id: 'one', status: 'healthy', origin: 'vault', label: 'first' },
      { id: 'two', status: 'invalid_key', origin: 'vault' },
    ]);
    const status = apps[0]!.get(KeyManagerService).getComprehensiveStatus();
    expect(status.key_pools.providers.openai!.keys).toMatchObject([{ origin: 'options' }, { origin: 'vault' }, {}]);
  });

  it('are checked before they are used, and those that are gone end their calls first', async () => {
    const source = new TestSource([{ key: good(1), id: 'one' }]);
    const pools = await start(source);
    const call = pools.lease('openai')!;
    source.keys = [{ key: good(2), id: 'two' }];
    await pass();
    await until(() => pools.get('openai', 'one')?.status === 'disabled');
    const added = events.find((event) => event.type === 'key_added');
    expect(added).toMatchObject({ keyId: 'two', by: 'source' });
    expect(shown(pools)).toMatchObject([
      { id: 'one', status: 'disabled' },
      { id: 'two', status: 'healthy' },
    ]);
    expect(pools.get('openai', 'one')?.reason).toContain('its source gives it no longer');
    expect(pools.lease('openai')?.keyId).toBe('two');
    await pass(10 * SECOND);
    expect(shown(pools)).toHaveLength(2);
    call.settle('ok');
    await pass(SECOND);
    expect(shown(pools)).toMatchObject([{ id: 'two' }]);
    expect(events.filter(({ type }) => type === 'key_deleted')).toMatchObject([{ keyId: 'one', by: 'source' }]);
  });

  it('change in place: settings at once, a new token under the same id after its check, with their history', async () => {
    const source = new TestSource([{ key: good(1), id: 'one', weight: 2 }]);
    const pools = await start(source);
    pools.lease('openai')!.settle('ok');
    source.keys = [{ key: raw(1), id: 'one', label: 'new', limits: { concurrency: 1 } }];
    await pass();
    expect(pools.get('openai', 'one')).toMatchObject({ label: 'new', weight: 1, limits: { concurrency: 1 } });
    // An administrator's change holds until the source itself says something else.
    await pools.update('openai', 'one', { weight: 7 });
    await pass(10 * SECOND);
    expect(pools.get('openai', 'one')).toMatchObject({ label: 'new', weight: 7 });
    source.keys = [{ key: good(2), id: 'one' }];
    await pass();
    await until(() => pools.get('openai', 'one')!.maskedKey !== '' && pools.lease('openai')?.apiKey === raw(2));
    expect(pools.get('openai', 'one')).toMatchObject({
      status: 'healthy',
      successCount: 1,
      weight: 1,
      limits: undefined,
    });
    source.keys = [{ key: raw(2), id: 'one', models: ['gpt-5'] }];
    await pass();
    await until(() => pools.get('openai', 'one')?.models !== undefined);
    expect(pools.get('openai', 'one')).toMatchObject({ status: 'healthy', successCount: 1, models: ['gpt-5'] });
  });

  it('keep a token that works where its vendor refuses the new one, until the old one works no longer', async () => {
    const source = new TestSource([{ key: good(1), id: 'one' }]);
    const pools = await start(source);
    const refused = raw(2);
    source.keys = [{ key: refused, id: 'one' }];
    await pass();
    await until(() => logs.some((line) => line.includes('is refused')));
    expect(pools.lease('openai')?.apiKey).toBe(raw(1));
    expect(logs.join()).not.toContain(refused);
    const asked = simulator.openai.calls.totals.total;
    for (let n = 0; n < 5; n += 1) await pass(200);
    expect(simulator.openai.calls.totals.total).toBe(asked);
    simulator.openai.key(refused);
    for (let n = 0; n < 10 && pools.lease('openai')?.apiKey !== refused; n += 1) {
      await pass();
      await until(() => simulator.openai.calls.totals.total > asked).catch(() => undefined);
    }
    expect(pools.lease('openai')?.apiKey).toBe(refused);
  });

  it.each<[string, (source: TestSource) => void]>([
    ['fails', (source) => (source.fault = new Error(`cannot read ${raw(1)}`))],
    ['gives nothing', (source) => (source.keys = [])],
    ['gives blanks', (source) => (source.keys = ['', '  '])],
    ['gives what is no key', (source) => (source.keys = [{ key: raw(1), id: 'one', wait: 1 } as never])],
    [
      'gives one id twice',
      (source) =>
        (source.keys = [
          { key: raw(1), id: 'a' },
          { key: raw(2), id: 'a' },
        ]),
    ],
    ['gives only keys that are refused', (source) => (source.keys = [raw(8), raw(9)])],
  ])('stay where a read %s, which is said once', async (_, spoil) => {
    const source = new TestSource([{ key: good(1), id: 'one' }]);
    const pools = await start(source);
    spoil(source);
    await pass();
    await until(() => warnings().length > 0);
    for (let n = 0; n < 5; n += 1) await pass(20 * SECOND);
    expect(has(pools, 'one')).toBe(true);
    expect(pools.lease('openai')?.keyId).toBe('one');
    expect(warnings()).toEqual([expect.stringContaining('openai: the key source vault was not read: ')]);
    expect(warnings()[0]).not.toContain(raw(1));
    source.fault = undefined;
    source.keys = [{ key: raw(1), id: 'one' }];
    await pass(60 * SECOND);
    await until(() => logs.some((line) => line.includes('is read again')));
  });

  it('come later where the first read fails', async () => {
    const source = new TestSource([{ key: good(1), id: 'one' }]);
    source.fault = new Error('away');
    const pools = await start(source);
    expect(shown(pools)).toEqual([]);
    source.fault = undefined;
    await pass();
    await until(() => has(pools, 'one'));
  });

  it('stay out where an administrator deleted them, and stay disabled', async () => {
    const source = new TestSource([
      { key: good(1), id: 'one' },
      { key: good(2), id: 'two' },
    ]);
    const pools = await start(source);
    await pools.remove('openai', 'one');
    await pools.disable('openai', 'two');
    await pass(10 * SECOND);
    expect(shown(pools)).toMatchObject([{ id: 'two', status: 'disabled' }]);
    expect(logs.filter((line) => line.includes('stays out'))).toHaveLength(1);
  });

  it('are no business of the source where the options or an administrator gave them', async () => {
    const source = new TestSource([
      { key: good(1), id: 'one' },
      { key: good(3), id: 'mine' },
      { key: good(4), id: 'four' },
    ]);
    const pools = await start(source, { keys: [{ key: good(2), id: 'mine' }] });
    await apps[0]!.get(KeyManagerService).addNewKeys('openai', [{ key: good(5), id: 'added' }]);
    source.keys = [{ key: raw(1), id: 'one' }];
    await pass(4 * SECOND);
    await until(() => pools.list('openai').length === 3);
    expect(shown(pools).map(({ id, origin }) => [id, origin])).toEqual([
      ['mine', 'options'],
      ['one', 'vault'],
      ['added', 'administrator'],
    ]);
    expect(logs.filter((line) => line.includes('is not used'))).toHaveLength(1);
  });

  it('of several instances that read different things do not fight, and none is stored', async () => {
    const cluster = new Cluster();
    cluster.lockTime = () => clock.now();
    const both = [
      { key: good(1), id: 'one' },
      { key: good(2), id: 'two' },
    ];
    const sources = [new TestSource(both), new TestSource(both)] as const;
    const store = () => ({ store: cluster.member() });
    const a = await start(sources[0], {}, store());
    const b = await start(sources[1], {}, store());
    await pass();
    sources[0].keys = [both[0]!];
    await pass(10 * SECOND);
    expect([shown(a).map(({ id }) => id), shown(b).map(({ id }) => id)]).toEqual([['one'], ['one', 'two']]);
    expect(has(b, 'two')).toBe(true);
    // A call of the other's is counted where the key comes back, and what was found out of it holds.
    b.lease('openai', { exclude: new Set(['one']) })!.settle('ok');
    await pass();
    const batches = cluster.batches.length;
    await pass(60 * SECOND);
    // Nobody writes that it is gone, nor that it is there.
    const written = cluster.batches
      .slice(batches)
      .flat()
      .filter((change) => JSON.stringify(change).includes('keys/openai'));
    expect(written).toEqual([]);
    sources[0].keys = both;
    await pass();
    await until(() => has(a, 'two'));
    expect(a.get('openai', 'two')).toMatchObject({ status: 'healthy', successCount: 1 });
    await a.disable('openai', 'two');
    await pass();
    expect([has(a, 'two', 'disabled'), has(b, 'two', 'disabled')]).toEqual([true, true]);
    for (const n of [1, 2]) expect(JSON.stringify([cluster.batches, [...cluster.documents]])).not.toContain(raw(n));
  });

  it('are checked by the instance that has them, where the one that leads has not', async () => {
    const cluster = new Cluster();
    cluster.lockTime = () => clock.now();
    await start(new TestSource([{ key: good(1), id: 'one' }]), {}, { store: cluster.member() });
    const source = new TestSource([
      { key: raw(1), id: 'one' },
      { key: good(2), id: 'two' },
    ]);
    let started: KeyPoolService | undefined;
    void start(source, {}, { store: cluster.member() }).then((pools) => (started = pools));
    // It waits for the one that leads, by the clock.
    for (let n = 0; n < 100 && !started; n += 1) {
      await pass(SECOND);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const b = started!;
    expect(has(b, 'two', 'unchecked')).toBe(true);
    for (let n = 0; n < 16; n += 1) await pass();
    await until(() => has(b, 'two'));
  });

  it('serve calls', async () => {
    const source = new TestSource([good(1)]);
    await start(source);
    const result = await apps[0]!.get(RetryExecutorService).execute('openai', ({ apiKey }) => Promise.resolve(apiKey));
    expect(result).toMatchObject({ success: true, response: raw(1) });
  });

  it('refuse a source that is none, with the option’s name', async () => {
    const wrong = [
      [5, 'providers.openai.source: must be the path of a file or a directory, or an object with a method read.'],
      [{ read: () => [], refreshMs: 10 }, 'providers.openai.source.refreshMs: must be 250 or more.'],
      [{ read: () => [], name: 'A B' }, 'providers.openai.source.name: must be 1 to 64'],
      [{ read: () => [], watch: true }, 'providers.openai.source.watch: must be a method, or be left out.'],
    ] as const;
    for (const [source, message] of wrong) {
      const started = start(source as never);
      await expect(started).rejects.toThrow(KeyManagementConfigurationError);
      await expect(started).rejects.toThrow(message);
    }
  });
});
