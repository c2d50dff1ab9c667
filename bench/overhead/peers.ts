import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../lib/results';

interface Policy {
  execute<T>(call: () => Promise<T>): Promise<T>;
}

interface PoolSwitchClient {
  requestTimestamps: number[];
  post(path: string, options: object): Promise<unknown>;
}

/** What the benchmark uses of the peers; their own types are only there when they are installed. */
export interface Peers {
  readonly handleAll: unknown;
  readonly retry: (policy: unknown, options: object) => Policy;
  readonly circuitBreaker: (policy: unknown, options: object) => Policy;
  readonly timeout: (ms: number, strategy: unknown) => Policy;
  readonly wrap: (...policies: Policy[]) => Policy;
  readonly ConsecutiveBreaker: new (failures: number) => unknown;
  readonly TimeoutStrategy: { readonly Aggressive: unknown };
  readonly pRetry: <T>(call: () => Promise<T>, options: object) => Promise<T>;
  readonly AsyncCaller: new (options: object) => { call<T>(call: () => Promise<T>): Promise<T> };
  readonly createRetryableModel: (options: object) => { doGenerate(options: object): Promise<unknown> };
  readonly aiError: { isRetryable(retryable: boolean): { retry(options: object): unknown } };
  readonly PoolSwitchClient: new (options: object) => PoolSwitchClient;
}

export async function loadPeers(): Promise<Peers> {
  return (await import(pathToFileURL(join(ROOT, 'bench/peers.mjs')).href)) as Peers;
}
