import { benchKey } from '../lib/pool-app';
import type { Peers } from './peers';

/** The fake vendor: a promise that is resolved already. */
export const ANSWER = { id: 'answer' };
export const vendor = (key: string): Promise<typeof ANSWER> => Promise.resolve(key.length > 0 ? ANSWER : ANSWER);

export interface PeerCall {
  readonly name: string;
  readonly call: () => Promise<unknown>;
  readonly mostCalls?: number;
}

const KEY = benchKey(0);
const call = (): Promise<typeof ANSWER> => vendor(KEY);

/** Each peer as its documentation sets it up, around the same call. */
export function peerCalls(peers: Peers): PeerCall[] {
  const { circuitBreaker, ConsecutiveBreaker, handleAll, retry, timeout, TimeoutStrategy, wrap } = peers;
  const retried = retry(handleAll, { maxAttempts: 3 });
  const broken = circuitBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(5) });
  const withBreaker = wrap(retried, broken);
  const withTimeout = wrap(retried, broken, timeout(30_000, TimeoutStrategy.Aggressive));
  const caller = new peers.AsyncCaller({ maxRetries: 3 });
  return [
    { name: 'raw await', call },
    { name: 'cockatiel retry', call: () => retried.execute(call) },
    { name: 'cockatiel retry + breaker', call: () => withBreaker.execute(call) },
    { name: 'cockatiel retry + breaker + timeout', call: () => withTimeout.execute(call) },
    { name: 'p-retry', call: () => peers.pRetry(call, { retries: 3 }) },
    { name: 'LangChain AsyncCaller', call: () => caller.call(call) },
    { name: 'ai-retry', call: aiRetry(peers) },
    ...[3, 100, 10_000].map((keys) => poolSwitch(peers, keys)),
  ];
}

function aiRetry({ createRetryableModel, aiError }: Peers): () => Promise<unknown> {
  const result = { content: [], finishReason: { unified: 'stop', raw: 'stop' }, usage: {}, warnings: [] };
  const model = {
    specificationVersion: 'v4',
    provider: 'bench',
    modelId: 'bench',
    supportedUrls: {},
    doGenerate: async () => {
      await call();
      return result;
    },
  };
  const retries = [aiError.isRetryable(true).retry({ delay: 1_000, backoffFactor: 2 })];
  const retryable = createRetryableModel({ model, retries });
  const prompt = [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }];
  return () => retryable.doGenerate({ prompt });
}

function poolSwitch({ PoolSwitchClient }: Peers, keys: number): PeerCall {
  const body = JSON.stringify(ANSWER);
  const headers = new Headers({ 'content-type': 'application/json' });
  const response = {
    ok: true,
    status: 200,
    headers,
    text: () => Promise.resolve(body),
    json: () => Promise.resolve(ANSWER),
  };
  const client = new PoolSwitchClient({
    upstreamBaseUrl: 'http://vendor.invalid',
    keys: Array.from({ length: keys }, (_, n) => ({ id: `key-${n}`, value: benchKey(n) })),
    rateLimitPerSecond: 1e9,
    fetchImpl: async () => {
      await call();
      return response;
    },
  });
  return {
    name: `poolswitch-node, ${keys.toLocaleString('en-US')} keys`,
    mostCalls: keys >= 10_000 ? 32 : undefined,
    call: () => {
      // Its limiter looks through the calls of the last second, which here would be a hundred thousand.
      client.requestTimestamps = [];
      return client.post('/v1/chat/completions', { json: {} });
    },
  };
}
