import type { KeySnapshot } from '../../src/key-management';
import { keyIdOf } from '../../src/key-management/pool/key/api-key';
import { fakeKey, VendorSimulator } from '../simulator';
import { AppInstance, figure, until } from './app-instance';
import { SHARED_STORES, type SharedStore } from './shared-stores';

const INSTANCES = 4;
const SETTLES = 10_000;
const KEYS = Array.from({ length: 60 }, (_, n) => fakeKey('openai', n));
const DOOMED = KEYS.slice(10).map(keyIdOf);

const sumOf = (keys: readonly KeySnapshot[]): number => keys.reduce((sum, { successCount }) => sum + successCount, 0);

describe('four processes', () => {
  for (const { name, describe: describeStore, start } of SHARED_STORES) {
    describeStore(`on one ${name}`, () => {
      let simulator: VendorSimulator;
      let store: SharedStore;
      let instances: AppInstance[] = [];

      beforeAll(async () => {
        simulator = await VendorSimulator.start();
        for (const key of KEYS) simulator.openai.key(key);
        store = await start();
        const providers = { openai: { keys: KEYS, baseUrl: simulator.openai.baseUrl } };
        instances = await AppInstance.startAll(INSTANCES, { providers, store: store.options });
      });
      afterAll(async () => {
        await Promise.all(instances.map((instance) => instance.kill9()));
        await store?.stop();
        await simulator?.close();
      });

      it('lose and double no count of 10,000 settles at once', async () => {
        await Promise.all(instances.map((each) => each.ask({ do: 'settle', times: SETTLES / INSTANCES })));
        await until('every instance to know all counts', async () => {
          const sums = await Promise.all(instances.map(async (each) => sumOf(await each.keys())));
          if (sums.some((sum) => sum > SETTLES)) throw new Error(`counted twice: ${sums.join(', ')}`);
          return sums.every((sum) => sum === SETTLES);
        });
        const fresh = await AppInstance.start({ providers: {}, store: store.options });
        await fresh.end();
      });

      it('take a key out of all pools that is removed in one', async () => {
        const failedAt = await instances[0]!.ask<Record<string, number>>({ do: 'fail', keyIds: DOOMED });
        const delays: number[] = [];
        for (const instance of instances.slice(1)) {
          let removals: Record<string, number> = {};
          await until('the removals to arrive', async () => {
            removals = await instance.ask({ do: 'removals' });
            const keys = await instance.keys();
            return keys.filter(({ status }) => status === 'invalid_key').length === DOOMED.length;
          });
          for (const keyId of DOOMED) delays.push(removals[keyId]! - failedAt[keyId]!);
        }
        figure(`removed in one process, out of the pools of the others (${name})`, delays);
        expect(delays).toHaveLength(DOOMED.length * (instances.length - 1));
      });

      it('end in good order', async () => {
        await Promise.all(instances.map((instance) => instance.end()));
      });
    });
  }
});
