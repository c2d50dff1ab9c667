// One cell of the matrix: starts the compiled consumer on one version of Node, asks it all questions, and ends it.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { run } from './run.mjs';
import { askAll, TOKEN } from './questions.mjs';
import { KEYS, startVendor } from './vendor.mjs';

/** Far longer than any step takes, so that a busy machine causes no failure. */
const STEP_LIMIT_MS = 120_000;

const within = (promise, ms, message) => {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(message)), ms)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

function start(node, folder, adapter, vendor) {
  const app = spawn(node.binary, [join(folder, 'out/app.js'), adapter], {
    cwd: folder,
    // Only what a process needs, so that keys and tokens in the environment of this machine have no effect.
    env: {
      PATH: process.env.PATH,
      VENDOR_URL: vendor.url,
      COMPAT_TOKEN: TOKEN,
      OPENAI_API_KEYS: KEYS.openai.join(),
      ACME_KEY: KEYS.acme,
      KEY_STORE_PATH: join(folder, `data-${node.version}-${adapter}`),
    },
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

/** Resolves with the reason of the failure, or undefined. */
export async function tryCell({ node, folder, adapter, packageVersion }) {
  const loaded = await run(node.binary, ['load.mjs'], { cwd: folder, limitMs: STEP_LIMIT_MS });
  if (!loaded.passed) return loaded.output;
  const vendor = await startVendor();
  const { app, said, ended, listening } = start(node, folder, adapter, vendor);
  try {
    const url = await within(listening, STEP_LIMIT_MS, 'The app does not listen.');
    await askAll({ url, vendor, nodeVersion: node.version, packageVersion });
    app.kill('SIGTERM');
    const how = await within(ended, STEP_LIMIT_MS, 'The app does not end on SIGTERM.');
    if (how !== 'SIGTERM' && how !== 0) return `After SIGTERM the app ended with ${how}.\n${said.text}`;
    for (const key of Object.values(KEYS).flat()) if (said.text.includes(key)) return 'The log shows a key.';
    return undefined;
  } catch (error) {
    return `${error.message}\n${said.text}`;
  } finally {
    app.kill('SIGKILL');
    await vendor.close();
  }
}
