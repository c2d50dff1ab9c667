// An app in a process of its own, from its start to its end.
import { spawn } from 'node:child_process';

/** Far longer than any step takes, so that a busy machine causes no failure. */
export const STEP_LIMIT_MS = 120_000;

export const within = (promise, ms, message) => {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(message)), ms)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

/** Starts an app that prints `listening <url>`. */
export function startApp(binary, args, { cwd, env }) {
  const app = spawn(binary, args, {
    cwd,
    // Only what a process needs, so that keys and tokens in the environment of this machine have no effect.
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { text: '' };
  const ended = new Promise((resolve) => app.once('exit', (code, signal) => resolve(signal ?? code)));
  const listening = new Promise((resolve, reject) => {
    const hear = (data) => {
      said.text += data;
      const url = /^listening (\S+)$/m.exec(said.text)?.[1];
      if (url) resolve(url);
    };
    app.stdout.on('data', hear);
    app.stderr.on('data', hear);
    void ended.then((how) => reject(new Error(`The app ended (${how}) before it listened.`)));
  });
  listening.catch(() => undefined);
  return { app, said, ended, listening };
}

/** Sends SIGTERM. @returns the problem, or undefined */
export async function endedWell({ app, ended }) {
  app.kill('SIGTERM');
  const how = await within(ended, STEP_LIMIT_MS, 'The app does not end on SIGTERM.');
  return how === 'SIGTERM' || how === 0 ? undefined : `After SIGTERM the app ended with ${how}.`;
}
