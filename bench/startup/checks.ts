import { KeyPoolService } from '../../src/key-management';
import { PARALLEL_CHECKS } from '../../src/key-management/health/health-check.service';
import { startSimulatorProcess, type SimulatorProcess } from '../../test/simulator/simulator-process';
import { benchKey, startApp } from '../lib/pool-app';
import { watched } from './stall';

/** A new key is asked for its models, then for one tiny generation. */
const REQUESTS_PER_KEY = 2;

export interface ColdStart {
  readonly keys: number;
  readonly latencyMs: number;
  readonly wallMs: number;
  /** What the same requests take with the same concurrency and nothing around them. */
  readonly leastMs: number;
  readonly stallMs: number;
  /** Of processor time. */
  readonly busyMs: number;
  /** The longest stall while the bare requests were made: what the machine and fetch do without us. */
  readonly leastStallMs: number;
}

export async function withSimulator<T>(
  count: number,
  work: (simulator: SimulatorProcess, keys: string[]) => Promise<T>,
) {
  const simulator = await startSimulatorProcess();
  try {
    const keys = Array.from({ length: count }, (_, n) => benchKey(n));
    for (let n = 0; n < count; n += 50) {
      const some = keys.slice(n, n + 50);
      await Promise.all(some.map((key) => simulator.control({ do: 'key', vendor: 'openai', key })));
    }
    return await work(simulator, keys);
  } finally {
    await simulator.close();
  }
}

/** Starts an app with a number of new keys, each of which is checked before the app serves. */
export function coldStart(count: number, latencyMs: number): Promise<ColdStart> {
  return withSimulator(count, async (simulator, keys) => {
    const behaviours = latencyMs > 0 ? [{ kind: 'slow', latencyMs } as const] : [];
    await simulator.control({ do: 'everywhere', vendor: 'openai', behaviours });
    const baseUrl = simulator.baseUrl('openai');
    const least = await watched(() => bareRequests(baseUrl, keys));
    const {
      value: app,
      wallMs,
      stallMs,
      busyMs,
    } = await watched(() => startApp({ providers: { openai: { keys, baseUrl } }, startupCheckTimeoutMs: 600_000 }));
    const healthy = app
      .get(KeyPoolService)
      .list('openai')
      .filter(({ status }) => status === 'healthy').length;
    await app.close();
    if (healthy !== count) throw new Error(`${healthy} of ${count} keys are healthy after the start`);
    return { keys: count, latencyMs, wallMs, leastMs: least.wallMs, stallMs, busyMs, leastStallMs: least.stallMs };
  });
}

async function bareRequests(baseUrl: string, keys: readonly string[]): Promise<void> {
  let next = 0;
  const loop = async (): Promise<void> => {
    while (next < keys.length * REQUESTS_PER_KEY) {
      const key = keys[next++ % keys.length]!;
      const response = await fetch(`${baseUrl}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
      await response.text();
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_CHECKS }, loop));
}
