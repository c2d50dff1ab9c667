import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../lib/results';
import { freePort } from '../../test/support/redis-server';

const START_MS = 20_000;

export interface Gateway {
  readonly origin: string;
  close(): Promise<void>;
}

/** The Portkey gateway from npm, in a process of its own. @throws Error with its output, if it does not start. */
export async function startGateway(): Promise<Gateway> {
  const port = await freePort();
  const script = join(ROOT, 'bench/node_modules/@portkey-ai/gateway/build/start-server.js');
  const child = spawn(process.execPath, [script, '--headless', `--port=${port}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (written += chunk.toString()));
  const exited = once(child, 'exit');
  const origin = `http://127.0.0.1:${port}`;
  const close = async (): Promise<void> => {
    child.kill();
    await exited;
  };
  for (const end = Date.now() + START_MS; Date.now() < end && child.exitCode === null; await sleep(100)) {
    const answers = await fetch(origin).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answers) return { origin, close };
  }
  if (child.exitCode === null) await close();
  throw new Error(`the Portkey gateway did not start: ${written.slice(-500)}`);
}
