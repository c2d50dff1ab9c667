import type { KeySnapshot } from '../../src/key-management';
import { keyIdOf } from '../../src/key-management/pool/key/api-key';
import { fakeKey, VendorSimulator } from '../simulator';
import { AppInstance, until } from './app-instance';
import type { CallCounts } from './instance-commands';
import { SHARED_STORES, type SharedStore } from './shared-stores';

/** Thirty seconds, as the promise is worded, by hand: `OUTAGE_SECONDS=30 npx jest test/store/outage`. */
const OUTAGE_MS = Number(process.env.OUTAGE_SECONDS ?? 3) * 1_000;
const INSTANCES = 3;
const SETTLES = 100;
const KEYS = Array.from({ length: 12 }, (_, n) => fakeKey('openai', n));
const [DISABLED, DEAD_BEFORE, DEAD] = KEYS.map(keyIdOf) as [string, string, string];

const sumOf = (keys: readonly KeySnapshot[]): number => keys.reduce((sum, { successCount }) => sum + successCount, 0);
const statesOf = (keys: readonly KeySnapshot[]): Record<string, string> =>
  Object.fromEntries(keys.map(({ id, status }) => [id, status]).sort());

describe('a store that is killed under load', () => {
  let simulator: VendorSimulator;
  let store: SharedStore;
  let instances: AppInstance[] = [];

  beforeAll(async () => {
    simulator = await VendorSimulator.start();
    for (const key of KEYS) simulator.openai.key(key);
  });
  afterEach(async () => {
    await Promise.all(instances.map((instance) => instance.kill9()));
    await store.stop();
  });
  afterAll(() => simulator.close());

  for (const { name, describe: describeStore, start } of SHARED_STORES) {
    describeStore(`a ${name}`, () => {
      it.each([
        ['with its data', false],
        ['empty', true],
      ])(
        'that comes back %s costs no call, and nothing that the instances know',
        async (_, empty) => {
          const { baseUrl } = simulator.openai;
          const options = { providers: { openai: { keys: KEYS, baseUrl } } };
          store = await start();
          instances = await AppInstance.startAll(INSTANCES, { ...options, store: store.options });
          const [a, b, c] = instances as [AppInstance, AppInstance, AppInstance];
          await b.ask({ do: 'fail', keyIds: [DEAD_BEFORE] });
          await Promise.all(instances.map((each) => each.ask({ do: 'settle', times: SETTLES })));
          for (const each of instances) await each.ask({ do: 'load', url: baseUrl });
          await until('all counts to be everywhere', async () => sumOf(await a.keys()) >= INSTANCES * SETTLES);

          await store.kill();
          const backAt = Date.now() + OUTAGE_MS;
          await until('the loss to be seen', async () => !(await a.ask<{ up: boolean }>({ do: 'store' })).up);
          void a.ask({ do: 'change', what: 'disable', keyIds: [DISABLED] }).catch(() => undefined);
          await b.ask({ do: 'fail', keyIds: [DEAD] });
          await c.ask({ do: 'settle', times: SETTLES });
          await until('the end of the outage', () => Date.now() >= backAt, OUTAGE_MS + 1_000);
          await store.restart({ empty });

          const agreedMs = await until('all instances to agree on every state', async () => {
            const [first, ...others] = await Promise.all(instances.map(async (each) => statesOf(await each.keys())));
            const agreed = others.every((states) => JSON.stringify(states) === JSON.stringify(first));
            return agreed && first![DISABLED] === 'disabled' && first![DEAD] === 'invalid_key';
          });
          const counts = await Promise.all(instances.map((each) => each.ask<CallCounts>({ do: 'endLoad' })));
          expect(counts.flatMap(({ errors }) => errors)).toEqual([]);
          const good = counts.reduce((sum, each) => sum + each.good, 0);
          const expected = good + (INSTANCES + 1) * SETTLES;
          const sums = async (): Promise<number[]> =>
            Promise.all(instances.map(async (each) => sumOf(await each.keys())));
          await until('all instances to agree on every count', async () =>
            (await sums()).every((sum) => sum === expected),
          ).catch(async () => expect(await sums()).toEqual(Array.from(instances, () => expected)));
          process.stdout.write(
            `      ${name} away for ${OUTAGE_MS / 1_000} s, back ${empty ? 'empty' : 'with its data'}: all agree ${agreedMs} ms later, ${good} calls meanwhile, none failed\n`,
          );

          const fresh = await AppInstance.start({ ...options, store: store.options });
          instances.push(fresh);
          const states = statesOf(await fresh.keys());
          expect(states).toMatchObject({ [DISABLED]: 'disabled', [DEAD_BEFORE]: 'invalid_key', [DEAD]: 'invalid_key' });
          expect(sumOf(await fresh.keys())).toBe(expected);
          await Promise.all(instances.map((instance) => instance.end()));
        },
        120_000 + OUTAGE_MS,
      );
    });
  }
});
