import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test, type TestingModule } from '@nestjs/testing';
import { CLOCK, KeyManagementModule, KeyPoolService } from '../../src/key-management';
import { KeySeries } from '../../src/key-management/analytics/series/key-series';
import { ApiKey } from '../../src/key-management/pool/key/api-key';
import { SLICE, yieldToEventLoop } from '../../src/key-management/common/event-loop';
import { FileKeyStore } from '../../src/key-management/store/file/file-key-store';
import { KeyPersistence } from '../../src/key-management/store/keys/key-persistence';
import { PersistenceService } from '../../src/key-management/store/persistence.service';
import { StoreLink } from '../../src/key-management/store/sync/store-link';
import { FakeClock } from '../support/fake-clock';
import { keyText } from '../support/key-text';
import { startTsChild } from '../support/start-ts-child';

// What may happen between two turns of the event loop while an app with many keys starts and writes. Nothing here is timed.

const KEYS = 2_000;
/** Statistics of a key are two counts and three times; a write takes a thousand of them. */
const MOST_CHANGES = 1_000;

/** How often each spied method was called between two turns of the loop, at the most. */
class Turns {
  readonly most: number[];
  #calls: number[];
  #watching = true;

  constructor(private readonly counts: readonly (() => number)[]) {
    this.#calls = counts.map((count) => count());
    this.most = counts.map(() => 0);
    setImmediate(() => this.#turn());
  }

  stop(): number[] {
    this.#watching = false;
    this.#count();
    return this.most;
  }

  #turn(): void {
    this.#count();
    if (this.#watching) setImmediate(() => this.#turn());
  }

  #count(): void {
    const calls = this.counts.map((count) => count());
    calls.forEach((count, i) => (this.most[i] = Math.max(this.most[i]!, count - this.#calls[i]!)));
    this.#calls = calls;
  }
}

describe(`an app with ${KEYS} keys on a file store`, () => {
  let path: string;
  let clock: FakeClock;
  let app: TestingModule;
  const keys = Array.from({ length: KEYS }, (_, n) => keyText(n));

  const compiled = (configured: string[]): Promise<TestingModule> =>
    Test.createTestingModule({
      imports: [
        KeyManagementModule.forRoot({
          providers: { openai: { keys: configured } },
          store: { kind: 'file', path },
          admin: false,
        }),
      ],
    })
      .overrideProvider(CLOCK)
      .useValue(clock)
      .compile();

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'akm-startup-'));
    clock = new FakeClock();
    app = await compiled([]);
    app.useLogger(false);
    await app.init();
    const pool = app.get(KeyPoolService).ensurePool('openai');
    for (const key of keys) {
      pool.leaseForProbe(pool.add(new ApiKey(key), {}, 'configuration', 'configuration')).settle('ok');
    }
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await app.close();
    await rm(path, { recursive: true });
  });

  it('starts again a few keys at a time', async () => {
    await app.close();
    const merged = jest.spyOn(KeyPersistence.prototype, 'merge');
    app = await compiled(keys);
    app.useLogger(false);
    let added = 0;
    app.get(KeyPoolService).events$.subscribe(({ type }) => (added += type === 'key_added' ? 1 : 0));
    const turns = new Turns([() => merged.mock.calls.length, () => added]);
    await app.init();
    const most = turns.stop();
    expect([merged.mock.calls.length, added]).toEqual([KEYS, KEYS]);
    expect(Math.max(...most)).toBeLessThanOrEqual(SLICE);
    const healthy = app
      .get(KeyPoolService)
      .list('openai')
      .filter(({ status }) => status === 'healthy');
    expect(healthy).toHaveLength(KEYS);
  });

  it('writes what was counted of all keys at once a few keys at a time', async () => {
    const { link } = app.get(PersistenceService);
    const written = jest.spyOn(FileKeyStore.prototype, 'write');
    /** What is being written is in the store, and nothing came after it. */
    const isIdle = async (): Promise<void> => {
      for (let before = -1; link.backlog > 0 || before < written.mock.calls.length; await yieldToEventLoop()) {
        before = written.mock.calls.length;
        await Promise.all(written.mock.results.map(({ value }) => value as Promise<void>));
        await yieldToEventLoop();
      }
    };
    await clock.advance(1_000);
    await isIdle();
    const pool = app.get(KeyPoolService).pool('openai')!;
    for (let n = 0; n < KEYS; n += 1) pool.lease()!.settle('ok');
    written.mockClear();
    const added = jest.spyOn(StoreLink.prototype, 'add');
    const turns = new Turns([() => added.mock.calls.filter(([doc]) => doc.startsWith('keys/')).length]);
    await clock.advance(1_000);
    await isIdle();
    expect(written.mock.calls.flatMap(([changes]) => changes).length).toBeGreaterThanOrEqual(3 * KEYS);
    expect(turns.stop()[0]).toBeLessThanOrEqual(2 * SLICE);
    expect(Math.max(...written.mock.calls.map(([changes]) => changes.length))).toBeLessThanOrEqual(MOST_CHANGES);
  });

  it('takes over what a minute counted a few keys at a time', async () => {
    await clock.advance(1_000);
    const pool = app.get(KeyPoolService).pool('openai')!;
    for (let n = 0; n < KEYS; n += 1) pool.lease()!.settle('ok');
    const taken = jest.spyOn(KeySeries.prototype, 'add');
    const turns = new Turns([() => taken.mock.calls.length]);
    await clock.advance(60_000);
    for (let turn = 0; turn < 1_000 && taken.mock.calls.length < KEYS; turn += 1) await yieldToEventLoop();
    expect(taken).toHaveBeenCalledTimes(KEYS);
    expect(turns.stop()[0]).toBeLessThanOrEqual(SLICE);
  });
});

it('a key costs less than a kilobyte beyond itself, and a used one some more than that again', async () => {
  const child = startTsChild('test/bench-guard/key-bytes.child.ts', [], { NODE_ENV: 'production' });
  const said: string[] = [];
  child.lines.on('line', (line) => said.push(line));
  expect(await child.ended).toMatchObject({ code: 0 });
  const { idle, used } = JSON.parse(said.at(-1)!) as { idle: number; used: number };
  expect(idle).toBeLessThanOrEqual(1_000);
  // With what it used by model, in two rows of counts: some 400 bytes of these.
  expect(used).toBeLessThanOrEqual(1_900);
});
