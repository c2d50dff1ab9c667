// Starts the built host app with a memory store and no other setting, asks GET /health/live, and ends the app by SIGTERM.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const START_LIMIT_MS = 30_000;

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const port = await freePort();
const app = spawn(process.execPath, ['dist/main.js'], {
  // Only what a process needs, so that keys and tokens in the environment of this machine have no effect.
  env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: String(port), KEY_STORE: 'memory' },
  stdio: ['ignore', 'ignore', 'inherit'],
});
const ended = new Promise((resolve) => app.once('exit', (code, signal) => resolve(signal ?? code)));
const running = () => app.exitCode === null && app.signalCode === null;

async function live() {
  for (const end = Date.now() + START_LIMIT_MS; Date.now() < end && running(); await pause(100)) {
    const answer = await fetch(`http://127.0.0.1:${port}/health/live`).catch(() => undefined);
    if (answer) return answer.status;
  }
  return 'no answer';
}

const status = await live();
console.log(`GET /health/live: ${status}`);
app.kill('SIGTERM');
const ending = await Promise.race([ended, pause(10_000, 'still running', { ref: false })]);
console.log(`after SIGTERM: ${ending}`);
if (ending === 'still running') app.kill('SIGKILL');
process.exitCode = status === 200 && ['SIGTERM', 0, 143].includes(ending) ? 0 : 1;
