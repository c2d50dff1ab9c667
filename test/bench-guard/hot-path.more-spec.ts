import type { TestingModule } from '@nestjs/testing';
import { KeyPoolService, RetryExecutorService, type ExecuteOptions } from '../../src/key-management';
import { ApiKey } from '../../src/key-management/pool/key/api-key';
import { HEALTHY } from '../../src/key-management/pool/key/key-state';
import { MemoryKeyStore } from '../../src/key-management/store/memory/memory-key-store';
import { startKeyManagement } from '../support/key-management-app';
import { keyText } from '../support/pool';
import { startTsChild } from '../support/start-ts-child';
import { CountingClock } from './counting-clock';

// What a successful call may do besides the request itself. Nothing here is timed, so it holds on any machine. The bytes are those of
// code that V8 has not yet fully optimised, a third more than in production, and a quarter to spare.

const CALLS = 1_000;

let clock: CountingClock;
let app: TestingModule;
let events: number;
let writes: jest.SpyInstance;

const run =
  (options?: ExecuteOptions) =>
  async (calls: number): Promise<void> => {
    const executor = app.get(RetryExecutorService);
    for (let call = 0; call < calls; call += 1) {
      const result = await executor.execute('openai', ({ apiKey }) => Promise.resolve(apiKey.length), options);
      if (!result.success) throw result.error;
    }
  };

beforeEach(async () => {
  clock = new CountingClock();
  writes = jest.spyOn(MemoryKeyStore.prototype, 'write');
  app = await startKeyManagement({ providers: { openai: { keys: [] } } }, { clock });
  const pool = app.get(KeyPoolService).ensurePool('openai');
  for (let n = 0; n < 100; n += 1) {
    const record = pool.add(new ApiKey(keyText(n)), {}, 'configuration', 'configuration');
    pool.setState(record, HEALTHY, 'probe');
  }
  events = 0;
  app.get(KeyPoolService).events$.subscribe(() => (events += 1));
  await clock.time.advance(5_000);
  writes.mockClear();
});
afterEach(async () => {
  await app.close();
  writes.mockRestore();
});

describe.each<[string, ExecuteOptions | undefined, number]>([
  ['without a deadline', undefined, 2],
  ['with a deadline', { timeoutMs: 30_000 }, 2],
])('a successful call %s', (_, options, reads) => {
  it(`looks at the clock ${reads} times and sets no timer of its own`, async () => {
    await run(options)(CALLS);
    clock.reset();
    await run(options)(CALLS);
    // The pool looks once for each batch of 256 calls that it delivers.
    expect(clock.reads).toBeLessThanOrEqual(reads * CALLS + Math.ceil(CALLS / 256));
    expect(clock.timers).toBe(0);
  });

  it('tells no event', async () => {
    await run(options)(CALLS);
    expect(events).toBe(0);
  });

  it('makes the store work once a second, not once a call', async () => {
    await run(options)(CALLS);
    expect(writes).not.toHaveBeenCalled();
    await clock.time.advance(1_000);
    expect(writes.mock.calls.length).toBeLessThanOrEqual(2);
  });
});

it('a successful call allocates little, and looks into no object that is a dictionary', async () => {
  const child = startTsChild('test/bench-guard/bytes.child.ts', [], { NODE_ENV: 'production' });
  const said: string[] = [];
  child.lines.on('line', (line) => said.push(line));
  expect(await child.ended).toMatchObject({ code: 0 });
  const { plain, deadline, dictionaries } = JSON.parse(said.at(-1)!) as {
    plain: number;
    deadline: number;
    dictionaries: string[];
  };
  expect(dictionaries).toEqual([]);
  // The same code takes 1,380 to 1,530, and 1,960 to 2,170, by what the compiler has come to at the time.
  expect(plain).toBeLessThanOrEqual(1_850);
  expect(deadline).toBeLessThanOrEqual(2_450);
});
