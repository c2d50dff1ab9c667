import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyManagementModuleOptions } from '../../src/key-management';
import { collectGarbage } from '../lib/bytes';
import { startApp } from '../lib/pool-app';
import { withSimulator } from './checks';
import { watched } from './stall';

export interface Restart {
  readonly keys: number;
  readonly wallMs: number;
  readonly stallMs: number;
  /** Of processor time. */
  readonly busyMs: number;
  /** Requests to the vendor that the restart made. */
  readonly requests: number;
  /** Bytes that the running app holds for each key, with all that is known of it, beyond the key's own text. */
  readonly bytesPerKey: number;
}

/** An app that was checked before starts again on its file store. */
export function warmRestart(count: number): Promise<Restart> {
  return withSimulator(count, async (simulator, keys) => {
    const path = await mkdtemp(join(tmpdir(), 'akm-bench-'));
    const options = (some: string[]): KeyManagementModuleOptions => ({
      providers: { openai: { keys: some, baseUrl: simulator.baseUrl('openai') } },
      store: { kind: 'file', path },
      startupCheckTimeoutMs: 600_000,
    });
    await firstLife(options(keys));
    const before = await requestsAt(simulator.origin);
    await pause();
    const emptyBytes = heldBytes();
    const { value: app, wallMs, stallMs, busyMs } = await watched(() => startApp(options(keys)));
    await pause();
    const bytesPerKey = (heldBytes() - emptyBytes) / count;
    const requests = (await requestsAt(simulator.origin)) - before;
    await app.close();
    await rm(path, { recursive: true, force: true });
    return { keys: count, wallMs, stallMs, busyMs, requests, bytesPerKey };
  });
}

/** After this pause timers and connections of an app have ended, or exist. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 6_000));

/** A function of its own, so that nothing of the first app is reachable when the second starts. */
async function firstLife(options: KeyManagementModuleOptions): Promise<void> {
  const app = await startApp(options);
  await app.close();
}

function heldBytes(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function requestsAt(origin: string): Promise<number> {
  const command = JSON.stringify({ do: 'calls', vendor: 'openai' });
  const response = await fetch(`${origin}/__control`, { method: 'POST', body: command });
  const counters = (await response.json()) as { total: number };
  return counters.total;
}
