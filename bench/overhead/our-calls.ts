import type { INestApplicationContext } from '@nestjs/common';
import { KeyPoolService, RetryExecutorService, type ExecuteOptions } from '../../src/key-management';
import type { KeyPool } from '../../src/key-management/pool/key-pool';
import { fill, startApp } from '../lib/pool-app';
import { vendor, type PeerCall } from './peer-calls';

/** A limit that no benchmark reaches, as a vendor's headers state it. */
const HEADERS = new Headers({
  'x-ratelimit-limit-requests': '1000000000',
  'x-ratelimit-remaining-requests': '999999999',
  'x-ratelimit-reset-requests': '1ms',
});

const providerOf = (keys: number): string => `keys-${keys}`;
const PACED = 'paced-100';

export interface OurCalls {
  readonly app: INestApplicationContext;
  readonly calls: readonly PeerCall[];
  close(): Promise<void>;
}

/** One app with a pool of each size: memory store with write-behind, statistics, analytics, metrics, and a listener for events. */
export async function ourCalls(sizes: readonly number[]): Promise<OurCalls> {
  const names = [...sizes.map(providerOf), PACED];
  const baseUrl = 'http://127.0.0.1:9';
  const providers = Object.fromEntries(names.map((name) => [name, { compatibleWith: 'openai' as const, baseUrl }]));
  const app = await startApp({ providers });
  let events = 0;
  app.get(KeyPoolService).events$.subscribe(() => (events += 1));
  for (const keys of sizes) fill(app, providerOf(keys), keys);
  pace(app, fill(app, PACED, 100));
  const executor = app.get(RetryExecutorService);
  const callOf = (provider: string, options?: ExecuteOptions) => () =>
    executor.execute(provider, ({ apiKey }) => vendor(apiKey), options);
  const label = (keys: number): string => keys.toLocaleString('en-US');
  return {
    app,
    calls: [
      ...sizes.map((keys) => ({ name: `this package, ${label(keys)} keys`, call: callOf(providerOf(keys)) })),
      { name: 'this package, 100 keys paced by headers', call: callOf(PACED) },
      ...sizes.map((keys) => ({
        name: `this package, ${label(keys)} keys, deadline`,
        call: callOf(providerOf(keys), { timeoutMs: 30_000 }),
      })),
    ],
    close: async () => {
      if (events === 0) throw new Error('The listener for events heard nothing.');
      await app.close();
    },
  };
}

/** Lets every key answer once, so that headers limit every key from then on. */
function pace(app: INestApplicationContext, pool: KeyPool): void {
  app.get(RetryExecutorService).providerContext(pool.provider);
  for (let n = 0; n < pool.size; n += 1) {
    const lease = pool.lease();
    lease?.answered(HEADERS);
    lease?.settle('ok');
  }
}
