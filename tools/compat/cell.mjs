// One cell of the matrix: starts the compiled consumer on one version of Node, asks it all questions, and ends it.
import { join } from 'node:path';
import { askAll, TOKEN } from './questions.mjs';
import { run } from './run.mjs';
import { endedWell, startApp, STEP_LIMIT_MS, within } from './started-app.mjs';
import { KEYS, startVendor } from './vendor.mjs';

/** Resolves with the reason of the failure, or undefined. */
export async function tryCell({ node, folder, adapter, packageVersion }) {
  const loaded = await run(node.binary, ['load.mjs'], { cwd: folder, limitMs: STEP_LIMIT_MS });
  if (!loaded.passed) return loaded.output;
  const vendor = await startVendor();
  const started = startApp(node.binary, [join(folder, 'out/app.js'), adapter], {
    cwd: folder,
    env: {
      VENDOR_URL: vendor.url,
      COMPAT_TOKEN: TOKEN,
      OPENAI_API_KEYS: KEYS.openai.join(),
      ACME_KEY: KEYS.acme,
      KEY_STORE_PATH: join(folder, `data-${node.version}-${adapter}`),
    },
  });
  const { app, said } = started;
  try {
    const url = await within(started.listening, STEP_LIMIT_MS, 'The app does not listen.');
    await askAll({ url, vendor, nodeVersion: node.version, packageVersion });
    const problem = await endedWell(started);
    if (problem) return `${problem}\n${said.text}`;
    for (const key of Object.values(KEYS).flat()) if (said.text.includes(key)) return 'The log shows a key.';
    return undefined;
  } catch (error) {
    return `${error.message}\n${said.text}`;
  } finally {
    app.kill('SIGKILL');
    await vendor.close();
  }
}
