import { runCall } from '../../src/key-management/execution/execution';
import { vendorOf } from '../../src/key-management/vendors/vendor-of';
import type { ExecutionSettings, ProviderContext } from '../../src/key-management/execution/execution-settings';
import { booksOf, TokenEstimates } from '../../src/key-management/execution/tokens/token-estimates';
import { Pauses } from '../../src/key-management/execution/waiting/backoff';
import { RetryBudget } from '../../src/key-management/execution/waiting/retry-budget';
import { TimeLimits } from '../../src/key-management/execution/waiting/time-limits';
import { WaitQueue } from '../../src/key-management/execution/waiting/wait-queue';
import { classify } from '../../src/key-management/classification/classify';
import { ApiKey } from '../../src/key-management/pool/key/api-key';
import { KeyPool } from '../../src/key-management/pool/key-pool';
import { HEALTHY } from '../../src/key-management/pool/key/key-state';
import { openai } from '../../src/key-management/vendors/openai/openai';
import type { Policy } from './policy';

const rawKey = (index: number): string => `sk-proj-simulated-${String(index).padStart(20, '0')}`;

/** The pool and the executor of this package, as they are. */
export const ours: Policy = {
  name: 'this package',
  start: ({ clock, vendor, keys, random, maxWaitMs }) => {
    const limits = new TimeLimits(clock);
    const queues: WaitQueue[] = [];
    const observer = {
      keyChanged: () => undefined,
      keyFreed: () => {
        queues[0]?.serve();
      },
    };
    const pool = new KeyPool('openai', observer, clock, random);
    pool.accounts.profile = () => vendorOf(openai);
    const byKey = new Map<string, number>();
    for (let index = 0; index < keys; index += 1) {
      byKey.set(rawKey(index), index);
      pool.setState(pool.add(new ApiKey(rawKey(index)), {}, 'configuration', 'configuration'), HEALTHY, 'probe');
    }
    const queue = new WaitQueue(pool, clock, limits);
    queues.push(queue);
    const provider: ProviderContext = {
      pool,
      queue,
      budget: new RetryBudget(),
      estimates: new TokenEstimates(() => booksOf(vendorOf(openai))),
      classifier: { classifyError: (error) => classify(error, vendorOf(openai), 'evidence', clock.now()) },
    };
    const settings: ExecutionSettings = {
      clock,
      random,
      limits,
      bodies: new Set(),
      pauses: new Pauses(clock),
      backoff: { initialMs: 500, maxMs: 8_000 },
      maxRetries: () => 3,
    };
    // The call reaches the vendor through the fetch of its context, as usual.
    globalThis.fetch = async (_url, init) => {
      const key = new Headers(init?.headers).get('authorization')!.slice('Bearer '.length);
      const { ok, retryAfterMs, headers } = await vendor.call(byKey.get(key)!);
      if (ok) return new Response('{}', { headers });
      const body = JSON.stringify({
        error: { code: 'rate_limit_exceeded', type: 'requests', message: 'Rate limit reached' },
      });
      return new Response(body, {
        status: 429,
        headers: { ...headers, 'retry-after-ms': String(Math.ceil(retryAfterMs)) },
      });
    };
    return async () => {
      const result = await runCall({
        provider,
        call: ({ apiKey, fetch }) =>
          fetch('http://vendor.invalid/', { headers: { authorization: `Bearer ${apiKey}` } }),
        options: { maxWaitMs },
        settings,
      });
      return result.success;
    };
  },
};
