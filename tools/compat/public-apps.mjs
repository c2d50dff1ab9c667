// Two apps as public Nest apps are, of which key management is one part: a global prefix, versions, guards with JWT and a throttler, an
// interceptor that wraps all answers, a filter of all errors, health checks, metrics and Swagger of their own.
import { join } from 'node:path';
import { askExpressApp, askFastifyApp, FOREIGN_SECRET, TOKEN } from './public-questions.mjs';
import { endedWell, startApp, STEP_LIMIT_MS, within } from './started-app.mjs';
import { compile } from './types.mjs';
import { KEYS, startVendor } from './vendor.mjs';

const ASK = { express: askExpressApp, fastify: askFastifyApp };

/** Of the one dead key, whose removal is logged. */
const REMOVED = /\bkey removed provider=openai\b/;
/** Where the app has a route that key management has, too. */
const GAVE_WAY = /The app has routes of its own at GET \/health: they win\b.*\badmin\.health: "key-health"/;
/** The lines of the log, all of them warnings. */
const LOG = { express: [REMOVED], fastify: [GAVE_WAY, REMOVED] };

export const compilePublicApps = async (app) => (await compile({ app, name: 'public' })).ours.join('\n');

/** Resolves with the reason of the failure, or undefined. */
export async function tryPublicApp({ node, app, adapter }) {
  const folder = join(app, 'public');
  const vendor = await startVendor();
  const started = startApp(node.binary, [join(folder, `out/${adapter}-app.js`)], {
    cwd: folder,
    env: {
      VENDOR_URL: vendor.url,
      COMPAT_TOKEN: TOKEN,
      JWT_SECRET: FOREIGN_SECRET,
      OPENAI_API_KEYS: KEYS.openai.join(),
      NO_COLOR: '1',
    },
  });
  const { said } = started;
  try {
    const url = await within(started.listening, STEP_LIMIT_MS, 'The app does not listen.');
    const streams = await ASK[adapter](url);
    // With the live streams still open.
    const problem = await endedWell(started);
    if (problem) return `${problem}\n${said.text}`;
    await within(Promise.all(streams.map((stream) => stream.ended())), STEP_LIMIT_MS, 'A stream does not end.');
    for (const key of Object.values(KEYS).flat()) if (said.text.includes(key)) return 'The log shows a key.';
    const lines = said.text.split('\n').filter((line) => line !== '' && !line.startsWith('listening '));
    const isExpected =
      lines.length === LOG[adapter].length && LOG[adapter].every((line, index) => line.test(lines[index]));
    if (!isExpected) return `The app said:\n${said.text}`;
    return undefined;
  } catch (error) {
    return `${error.stack}\n${said.text}`;
  } finally {
    started.app.kill('SIGKILL');
    await vendor.close();
  }
}
