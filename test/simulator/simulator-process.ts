import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { canary } from '../canary/canary';
import type { ControlCommand } from './control';
import type { SimulatorOptions } from './vendor-simulator';

/** A simulator in a child process, so that a benchmark does not measure its own vendor. */
export interface SimulatorProcess {
  readonly origin: string;
  baseUrl(vendor: string): string;
  /** POST /__control. Rejects with the simulator's own words. */
  control(command: ControlCommand): Promise<unknown>;
  close(): Promise<void>;
}

async function startChild(env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const options: SpawnOptions = { stdio: ['pipe', 'ignore', 'inherit', 'ipc'], env };
  if (!__filename.endsWith('.ts')) return spawn(process.execPath, [join(__dirname, 'child.js')], options);
  // From source, as under Jest: Node 20 runs no TypeScript, so the child gets one bundled script on its standard input.
  const { buildSync } = await import('esbuild');
  const { outputFiles } = buildSync({
    entryPoints: [join(__dirname, 'child.ts')],
    bundle: true,
    platform: 'node',
    write: false,
  });
  const child = spawn(process.execPath, ['-'], options);
  child.stdin?.end(outputFiles[0]?.text);
  return child;
}

export async function startSimulatorProcess({
  keepAliveMs,
}: Pick<SimulatorOptions, 'keepAliveMs'> = {}): Promise<SimulatorProcess> {
  const child = await startChild({
    ...process.env,
    ...(keepAliveMs !== undefined && { KEEP_ALIVE_MS: String(keepAliveMs) }),
  });
  const exited = once(child, 'exit');
  const [ready] = (await Promise.race([
    once(child, 'message'),
    exited.then(([code]) => Promise.reject(new Error(`the simulator ended with code ${String(code)}`))),
  ])) as [{ origin: string }];
  canary()?.vendor(Number(new URL(ready.origin).port));
  return {
    origin: ready.origin,
    baseUrl: (vendor) => `${ready.origin}/${vendor}`,
    async control(command) {
      const response = await fetch(`${ready.origin}/__control`, { method: 'POST', body: JSON.stringify(command) });
      if (!response.ok) throw new Error(await response.text());
      return response.json();
    },
    async close() {
      child.kill();
      await exited;
    },
  };
}
