import type { TestingModule } from '@nestjs/testing';
import { filter, firstValueFrom } from 'rxjs';
import { KeyManagerService, KeyPoolService, ManagedFetchService, RetryExecutorService } from '../../src/key-management';
import { fakeKey, VendorSimulator } from '../simulator';
import { FakeClock } from '../support/fake-clock';
import { startKeyManagement } from '../support/key-management-app';

const ID = 'vertex.project-a';
const HOUR = 3_600_000;

describe('a key whose tokens come from a function', () => {
  let simulator: VendorSimulator;
  let app: TestingModule | undefined;
  let clock: FakeClock;
  let tokens: string[];
  /** What is wrong with the function, where something is. */
  let fault: Error | undefined;
  let lifeMs: number | undefined;
  let logs: string[];

  const mint = async (): Promise<string | { key: string; expiresAt: Date }> => {
    await Promise.resolve();
    if (fault) throw fault;
    const token = simulator.openai.key(fakeKey('openai', 900 + tokens.length));
    tokens.push(token);
    return lifeMs === undefined ? token : { key: token, expiresAt: new Date(clock.now() + lifeMs) };
  };

  beforeEach(async () => {
    simulator = await VendorSimulator.start();
    clock = new FakeClock();
    [tokens, fault, lifeMs, logs] = [[], undefined, HOUR, []];
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    await simulator.close();
  });

  async function start(keys: unknown[] = [{ id: ID, key: mint }]): Promise<KeyPoolService> {
    const note = (message: unknown): void => void logs.push(String(message));
    app = await startKeyManagement(
      { providers: { openai: { keys: keys as never, baseUrl: simulator.openai.baseUrl } } },
      { clock, logger: { log: note, warn: note, error: note } },
    );
    await app.get(KeyManagerService).forceHealthCheck();
    return app.get(KeyPoolService);
  }
  const becomes = (status: string) =>
    firstValueFrom(
      app!.get(KeyPoolService).events$.pipe(filter((each) => each.type === 'status_changed' && each.to === status)),
    );
  const url = () => `${simulator.openai.baseUrl}/v1/chat/completions`;
  const body = JSON.stringify({ model: 'gpt-5-nano', messages: [{ role: 'user', content: 'ping' }] });
  const call = () =>
    app!.get(RetryExecutorService).execute(
      'openai',
      async ({ apiKey, fetch }) => {
        const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
        const answer = await fetch(url(), { method: 'POST', headers, body });
        return answer.ok ? ((await answer.json()) as unknown) : answer;
      },
      { maxWaitMs: 0 },
    );

  it('serves over the end of many tokens with no failed call', async () => {
    const pools = await start();
    for (let hour = 0; hour < 2; hour += 1) {
      for (let part = 0; part < 4; part += 1) {
        expect(await call()).toMatchObject({ success: true, attemptsMade: 1 });
        await clock.advance(HOUR / 5);
      }
      // The vendor no longer knows the tokens before.
      for (const old of tokens.slice(0, -1)) simulator.openai.forget(old);
    }
    expect(tokens).toHaveLength(3);
    expect(pools.get('openai', ID)).toMatchObject({ status: 'healthy', errorCount: 0, successCount: 8 });
  });

  it('lets an attempt end with the token that it began with; its late refusal does not condemn the next token', async () => {
    const pools = await start();
    const [first] = tokens as [string];
    const seen: string[] = [];
    const result = await app!.get(RetryExecutorService).execute('openai', async (context) => {
      const { apiKey: before, attempt } = context;
      if (attempt === 1) await clock.advance(HOUR * 0.8);
      seen.push(before, context.apiKey);
      if (attempt === 2) return 'answered';
      // The vendor's late refusal, which repeats the token.
      const message = `Incorrect API key provided: ${before}`;
      throw Object.assign(new Error(message), { status: 401, error: { code: 'invalid_api_key', message } });
    });
    expect(tokens).toHaveLength(2);
    expect(seen).toEqual([first, first, tokens[1], tokens[1]]);
    expect(result).toMatchObject({ success: true, attemptsMade: 2 });
    expect(JSON.stringify([result, pools.list(), logs])).not.toContain(first);
    expect(pools.get('openai', ID)?.status).toBe('healthy');
  });

  it('gets a fresh token when the vendor refuses the present one, and is back as soon as that is proven', async () => {
    lifeMs = undefined;
    const pools = await start();
    await clock.advance(60_000);
    simulator.openai.forget(tokens[0]!);
    const back = becomes('healthy');
    expect(await call()).toMatchObject({ success: false });
    await back;
    expect(tokens).toHaveLength(2);
    expect(pools.get('openai', ID)?.status).toBe('healthy');
    const fetch = app!.get(ManagedFetchService).for('openai');
    const answer = await fetch(url(), { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect(answer.status).toBe(200);
    await answer.text();
  });

  it('does not stop the start when its function fails, says what to do, and is back with the first token', async () => {
    fault = new Error('metadata.google.internal: no route');
    const pools = await start();
    expect(pools.get('openai', ID)).toMatchObject({
      maskedKey: '***',
      status: 'cooling_down',
      reason: expect.stringContaining('no token: the function given as its key failed'),
    });
    expect(await call()).toMatchObject({ success: false, error: { code: 'NO_HEALTHY_KEYS' } });
    expect(logs.filter((line) => line.includes('no new token'))).toHaveLength(1);
    fault = undefined;
    const back = becomes('healthy');
    await clock.advance(60_000);
    await back;
    expect(await call()).toMatchObject({ success: true, attemptsMade: 1 });
  });

  it('uses the old token to its end, then goes out while another key serves', async () => {
    const [other] = simulator.openai.newKeys(1) as [string];
    const pools = await start([{ id: ID, key: mint }, other]);
    fault = new Error('away');
    await clock.advance(HOUR * 0.9);
    expect(pools.get('openai', ID)?.status).toBe('healthy');
    await clock.advance(HOUR * 0.1);
    expect(pools.get('openai', ID)?.status).toBe('cooling_down');
    for (let n = 0; n < 6; n += 1) expect(await call()).toMatchObject({ success: true, attemptsMade: 1 });
    expect(simulator.openai.calls.of(tokens[0]!).filter(({ body: asked }) => asked !== undefined).length).toBeLessThan(
      2,
    );
    await app!.get(KeyManagerService).forceHealthCheck();
    expect(pools.get('openai', ID)?.status).toBe('cooling_down');
  });

  it('may be added at run time; an id is needed and is no other key', async () => {
    const [other] = simulator.openai.newKeys(1) as [string];
    const pools = await start([other]);
    const manager = app!.get(KeyManagerService);
    await expect(manager.addNewKeys('openai', [{ key: mint }])).rejects.toThrow(
      /keys\.0\.id: is needed where the key is a function/,
    );
    expect(await manager.addNewKeys('openai', [{ key: mint, id: ID }])).toMatchObject({ healthyKeysAdded: 1 });
    expect(pools.get('openai', ID)).toMatchObject({ status: 'healthy', origin: 'options' });
    await expect(manager.addNewKeys('openai', [{ key: other + 'x', id: ID }])).rejects.toThrow(
      /is the id of another key/,
    );
  });
});
