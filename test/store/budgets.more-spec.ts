import { fakeKey, VendorSimulator } from '../simulator';
import { AppInstance, until } from './app-instance';
import type { CallCounts } from './instance-commands';
import { SHARED_STORES, type SharedStore } from './shared-stores';
import { SpendingVendor } from './spending-vendor';

const KEYS = [1, 2, 3].map((n) => fakeKey('openai', n));
const BUDGET = 10;
const MODEL = 'gpt-5-nano';
/** The most that a call takes: 3,000 tokens, which cost 0.003 US dollars. */
const MOST_TOKENS = 3_000;
const MOST_USD = 0.003;
const PRICES = { [`openai/${MODEL}`]: { inputUsdPerMillion: 1, outputUsdPerMillion: 1 } };
const AT_ONCE = 250;
const SPENT = 'budget of 10 USD per month is spent';
const ROUNDING = 1e-4;

/** Those that answer within moments when 1,000 calls are in flight. */
const STORES = SHARED_STORES.filter(({ name }) => name === 'Redis' || name === 'Postgres');

for (const { name, describe: describeStore, start: startStore } of STORES)
  describeStore(
    `a budget of 10 USD of four instances on ${name}, with 1,000 calls in flight, two of them killed`,
    () => {
      let store: SharedStore;
      let simulator: VendorSimulator;
      let vendor: SpendingVendor;
      const instances: AppInstance[] = [];
      beforeAll(async () => {
        store = await startStore();
        simulator = await VendorSimulator.start();
        for (const key of KEYS) simulator.openai.key(key);
        vendor = await SpendingVendor.start(MOST_TOKENS);
      });
      afterAll(async () => {
        await Promise.all(instances.map((instance) => instance.kill9()));
        await vendor.stop();
        await simulator.close();
        await store.stop();
      });

      const start = async (): Promise<AppInstance> => {
        const openai = {
          keys: KEYS,
          baseUrl: simulator.openai.baseUrl,
          budgets: [{ usd: BUDGET, per: 'month' as const }],
        };
        const options = { providers: { openai }, healthCheckDepth: 'light' as const, prices: PRICES };
        const instance = await AppInstance.start({ ...options, store: store.options });
        instances.push(instance);
        return instance;
      };
      const spend = (instance: AppInstance, atOnce = AT_ONCE): Promise<CallCounts> =>
        instance.ask({ do: 'spend', url: vendor.url, atOnce, model: MODEL, tokens: { input: MOST_TOKENS, output: 0 } });
      const shownBy = async (instance: AppInstance): Promise<number> => (await instance.keys())[0]!.budgets[0]!.spent;

      it('is not exceeded, is used up, and is what a restarted instance shows and keeps to', async () => {
        const [one, two, ...killed] = await Promise.all([start(), start(), start(), start()]);
        const ended = [one, two].map((instance) => spend(instance));
        for (const instance of killed) spend(instance).catch(() => undefined);
        await until('4 USD are spent', () => vendor.charged >= 4);
        const inFlight = vendor.inFlight;
        await Promise.all(killed.map((instance) => instance.kill9()));
        const counts = await Promise.all(ended);
        process.stdout.write(
          `      ${name}: charged ${vendor.charged.toFixed(3)} USD; ${inFlight.toFixed(3)} USD in flight at the kill; ` +
            `${vendor.mostAtOnce} calls at once at most; ${counts.map(({ good }) => good).join(' + ')} good calls of those that lived\n`,
        );
        expect(vendor.mostAtOnce).toBeGreaterThan(500);
        expect(vendor.charged).toBeLessThanOrEqual(BUDGET + ROUNDING);
        expect(counts.flatMap(({ errors }) => errors)).toEqual(
          expect.arrayContaining([expect.stringContaining(`the provider's ${SPENT}`)]),
        );

        const again = await start();
        const shownByAll = (): Promise<number[]> => Promise.all([one, two, again].map(shownBy));
        const isTrue = async (): Promise<boolean> =>
          (await shownByAll()).every((spent) => spent >= vendor.charged - ROUNDING);
        await until('those that died are known to be gone', isTrue, 60_000);
        const shown = await shownByAll();
        process.stdout.write(
          `      ${name}: ${vendor.charged.toFixed(3)} USD charged before the restart, of which the instances show ${shown.map((each) => each.toFixed(3)).join(', ')}\n`,
        );
        for (const spent of shown) {
          expect(spent).toBeGreaterThanOrEqual(vendor.charged - ROUNDING);
          // Of calls that nobody has seen end, what they reserved counts.
          expect(spent).toBeLessThanOrEqual(vendor.charged + inFlight + ROUNDING);
        }
        // What the killed had claimed and not used is there again.
        const before = vendor.charged;
        // Its keys cool down until they are known to have something left again.
        const isUsedUp = async (): Promise<boolean> => (await spend(again, 20)).errors.join().includes(SPENT);
        await until('what is left to be used up', isUsedUp, 60_000);
        expect(vendor.charged - before).toBeGreaterThan(BUDGET - Math.max(...shown) - 20 * MOST_USD);
        expect(vendor.charged).toBeLessThanOrEqual(BUDGET + ROUNDING);
        const end = vendor.charged;
        const { good, errors } = await spend(again, 20);
        expect([good, vendor.charged]).toEqual([0, end]);
        expect(errors.join()).toContain(SPENT);
        expect((await again.keys()).map(({ status }) => status)).toEqual(Array(3).fill('cooling_down'));

        const told = instances.flatMap(({ logs }) =>
          logs.flatMap(({ message }) => /budget threshold.*percent="(\d+)"/.exec(message)?.[1] ?? []),
        );
        // One that was told as an instance was killed, before the store knew, is told again by another.
        expect(new Set(told)).toEqual(new Set(['50', '80', '100']));
      });
    },
  );
