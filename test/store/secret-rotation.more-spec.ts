import type { TestingModule } from '@nestjs/testing';
import { KeyManagerService, keyIdOf, KeyPoolService } from '../../src/key-management';
import { eventually } from '../../src/key-management/store/contract/contract-support';
import { secret } from '../canary/canary';
import { fakeKey, VendorSimulator } from '../simulator';
import { startKeyManagement } from '../support/key-management-app';
import { describeWithRedis, RedisServer } from '../support/redis-server';

const OLD = secret('seal-8Qw3ErT6yUi0OpAs5DfG');
const NEW = secret('seal-9Zx2CvB5nMq8WeR1tYuI');
const [BEFORE, DURING] = [fakeKey('openai', 1), fakeKey('openai', 2)] as [string, string];

describeWithRedis('the secret of run-time keys in a rolling deploy', () => {
  let server: RedisServer;
  let simulator: VendorSimulator;
  const running = new Set<TestingModule>();

  beforeAll(async () => {
    [server, simulator] = [await RedisServer.start(), await VendorSimulator.start()];
    for (const key of [BEFORE, DURING]) simulator.openai.key(key);
  });
  afterEach(async () => {
    delete process.env.KEY_ENCRYPTION_SECRET_PREVIOUS;
    await Promise.all([...running].map((app) => app.close()));
  });
  afterAll(async () => {
    await server.stop();
    await simulator.close();
  });

  /** An instance as a step of the deploy starts it. */
  async function start([encryptionSecret, previous]: readonly [string, string?]) {
    if (previous) process.env.KEY_ENCRYPTION_SECRET_PREVIOUS = previous;
    const providers = { openai: { baseUrl: simulator.openai.baseUrl } };
    const app = await startKeyManagement({ providers, store: { kind: 'redis', url: server.url, encryptionSecret } });
    delete process.env.KEY_ENCRYPTION_SECRET_PREVIOUS;
    running.add(app);
    const has = (key: string) => app.get(KeyPoolService).get('openai', keyIdOf(key)) !== undefined;
    return {
      has,
      add: (key: string) => app.get(KeyManagerService).addNewKeys('openai', [key]),
      end: async () => {
        running.delete(app);
        await app.close();
      },
    };
  }
  const everyOneHas = (instances: { has(key: string): boolean }[], ...keys: string[]): Promise<void> =>
    eventually('every instance to have every key', () =>
      Promise.resolve(instances.every(({ has }) => keys.every((key) => has(key)))),
    );

  it('C13: goes through every mix of old and new instances, restarts among them, in the order that the page names', async () => {
    const steps = { before: [OLD], both: [OLD, NEW], turned: [NEW, OLD], after: [NEW] } as const;
    let [a, b] = [await start(steps.before), await start(steps.before)];
    await a.add(BEFORE);
    await everyOneHas([a, b], BEFORE);
    // 1: all can open what the new secret seals.
    await a.end();
    a = await start(steps.both);
    await b.end();
    b = await start(steps.both);
    await everyOneHas([a, b], BEFORE);
    // 2: the first seals anew; one of step 1 that is restarted meanwhile opens it, and adds a key.
    await a.end();
    a = await start(steps.turned);
    await b.end();
    b = await start(steps.both);
    await b.add(DURING);
    await everyOneHas([a, b], BEFORE, DURING);
    await b.end();
    b = await start(steps.turned);
    await everyOneHas([a, b], BEFORE, DURING);
    // 3: what step 1 sealed last is sealed anew.
    await a.end();
    a = await start(steps.turned);
    await everyOneHas([a, b], BEFORE, DURING);
    // 4.
    await a.end();
    a = await start(steps.after);
    await b.end();
    b = await start(steps.after);
    await everyOneHas([a, b], BEFORE, DURING);
  }, 60_000);
});
