import { resolve } from 'node:path';
import { keyIdOf } from '../../src/key-management/pool/key/api-key';
import { fakeKey, VendorSimulator } from '../simulator';
import { AppInstance, until } from './app-instance';
import { SHARED_STORES, type SharedStore } from './shared-stores';

const TEN_MINUTES_MS = 600_000;
/** For how long the vendor says that a key is to wait, and when a dead key is first checked again. */
const WAIT_MS = 300_000;
const RECHECK_MS = 30_000;
/** Clocks that differ by less than a second count as equal, and one that was set is drawn to the right time. */
const TOLERANCE_MS = 2_000;
const [LIMITED, DEAD] = [1, 2].map((n) => fakeKey('openai', n)) as [string, string];

describe.each(SHARED_STORES)('on a $name', ({ describe, start }) => {
  describe('processes whose clocks are ten minutes off', () => {
    let simulator: VendorSimulator;
    let shared: SharedStore;
    let instances: AppInstance[] = [];
    beforeEach(async () => {
      simulator = await VendorSimulator.start();
      shared = await start();
    });
    afterEach(async () => {
      await Promise.all(instances.map((instance) => instance.kill9()));
      instances = [];
      await shared.stop();
      await simulator.close();
    });

    const begin = async (aheadMs: number): Promise<AppInstance> => {
      const options = {
        providers: { openai: { keys: [LIMITED, DEAD], baseUrl: simulator.openai.baseUrl } },
        store: shared.options,
        backoff: { initialMs: 0, maxMs: 0 },
      };
      const env = {
        NODE_OPTIONS: `--require ${resolve(__dirname, '../chaos/harness/set-clock.preload.cjs')}`,
        CLOCK_AHEAD_MS: String(aheadMs),
      };
      const instance = await AppInstance.start(options, { env });
      instances.push(instance);
      return instance;
    };

    it.each([
      [TEN_MINUTES_MS, 0],
      [0, TEN_MINUTES_MS],
      [-TEN_MINUTES_MS, TEN_MINUTES_MS],
    ])(
      'B4: (%i and %i ms) agree how long a key cools down for a model, and when a dead one is checked again',
      async (ahead, other) => {
        for (const key of [LIMITED, DEAD]) simulator.openai.key(key);
        const seen = [
          [await begin(ahead), ahead],
          [await begin(other), other],
        ] as const;
        const [first] = seen[0];
        simulator.openai.key(LIMITED, { kind: 'alwaysRateLimited', retryAfterMs: WAIT_MS });
        const begunAt = Date.now();
        await first.ask({ do: 'fail', keyIds: [keyIdOf(DEAD)] });
        await first.ask({ do: 'execute', times: 1, url: simulator.openai.baseUrl, maxWaitMs: 0 });
        const endedAt = Date.now();

        const isHeard = async (instance: AppInstance): Promise<boolean> =>
          (await instance.keys()).every(({ status, cooldowns }) => status === 'invalid_key' || cooldowns.length > 0);
        for (const [instance] of seen) await until('both keys to be known as out', () => isHeard(instance));
        // One that starts now and reads what is stored.
        const late = [await begin(other), other] as const;
        for (const [instance, aheadMs] of [...seen, late]) {
          for (const { id, cooldowns, recheckAt } of await instance.keys()) {
            const [at, ms] = id === keyIdOf(DEAD) ? [recheckAt, RECHECK_MS] : [cooldowns[0]?.until, WAIT_MS];
            const byTrueClock = Date.parse(String(at)) - aheadMs;
            expect(byTrueClock).toBeGreaterThanOrEqual(begunAt + ms - TOLERANCE_MS);
            expect(byTrueClock).toBeLessThanOrEqual(endedAt + ms + TOLERANCE_MS);
          }
        }
      },
    );
  });
});
