import { ManagedFetchService } from '../../src/key-management';
import { startSimulatorProcess } from '../../test/simulator/simulator-process';
import { benchKey, startApp } from '../lib/pool-app';
import { startGateway, type Gateway } from './gateway';

const KEYS = 10;

/** One way from here to the vendor. */
export interface Way {
  readonly name: string;
  readonly call: () => Promise<void>;
}

export interface Ways {
  readonly ways: readonly Way[];
  readonly notes: readonly string[];
  close(): Promise<void>;
}

const init = (headers: Record<string, string>): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] }),
});

function way(name: string, fetch: typeof globalThis.fetch, url: string, headers: Record<string, string>): Way {
  const request = init(headers);
  return {
    name,
    call: async () => {
      // A server may close an idle connection at the moment of its reuse: try once more, as any client does.
      const response = await fetch(url, request).catch(() => fetch(url, request));
      const text = await response.text();
      if (!response.ok) throw new Error(`${name}: ${response.status} ${text.slice(0, 200)}`);
    },
  };
}

/** The same fake vendor, in a process of its own, reached directly, through the managed fetch, and through the gateway. */
export async function openWays(): Promise<Ways> {
  const simulator = await startSimulatorProcess();
  const keys = Array.from({ length: KEYS }, (_, n) => benchKey(n));
  for (const key of keys) await simulator.control({ do: 'key', vendor: 'openai', key });
  const baseUrl = simulator.baseUrl('openai');
  const app = await startApp({ providers: { openai: { keys, baseUrl } } });
  const url = `${baseUrl}/v1/chat/completions`;
  const credentials = { authorization: `Bearer ${keys[0]!}` };
  const ways = [
    way('direct', fetch, url, credentials),
    way('managed fetch', app.get(ManagedFetchService).for('openai'), url, { authorization: 'Bearer managed' }),
  ];
  const notes: string[] = [];
  let gateway: Gateway | undefined;
  try {
    gateway = await startGateway();
    const portkey = { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${baseUrl}/v1` };
    const through = way('Portkey gateway', fetch, `${gateway.origin}/v1/chat/completions`, {
      ...credentials,
      ...portkey,
    });
    await through.call();
    ways.push(through);
  } catch (error) {
    notes.push(`Not measured: ${error instanceof Error ? error.message : String(error)}`);
  }
  return {
    ways,
    notes,
    close: async () => {
      await Promise.all([app.close(), gateway?.close(), simulator.close()]);
    },
  };
}
