// `npm run screenshots` takes the pictures of the dashboard for the README and docs/page.md, with made-up data; with `-- --all` every
// situation at every width, light and dark. It needs /usr/bin/chromium; with the font Inter installed they look as on most machines.
import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const require = createRequire(import.meta.url);
require('../test/support/ts-child.cjs');
const { launch, signIn } = require('../test/dashboard/browser.ts');
const { SampleServer, SAMPLE_ADMIN } = require('../test/dashboard/sample-server.ts');
const { SITUATIONS } = require('../test/dashboard/situations.ts');

const everything = process.argv.includes('--all');
const target = resolve(process.argv.slice(2).find((each) => !each.startsWith('-')) ?? 'docs/screenshots');
const folder = resolve('.build/dashboard/screenshots');
execFileSync(process.execPath, ['tools/build-dashboard.mjs', folder], { stdio: 'inherit' });
mkdirSync(target, { recursive: true });

const calm = await SampleServer.start({ folder, keys: { openai: 24, anthropic: 14, google: 9 } });
const browser = await launch();

async function picture(name, { server = calm, width, height, colorScheme = 'light', before = async () => {} }) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, deviceScaleFactor: 1 });
  const page = await context.newPage();
  await signIn(page, server.url, SAMPLE_ADMIN);
  await page.locator('.grid-body .grid-row').first().waitFor();
  await page.locator('.live-live').waitFor();
  await page.waitForTimeout(400);
  await before(page);
  const path = join(target, `${name}.webp`);
  // A third of the bytes of a PNG, and not to be told from it. With `-- --png` one beside it, for tools that know no WebP.
  const session = await context.newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 82 });
  writeFileSync(path, Buffer.from(data, 'base64'));
  if (process.argv.includes('--png')) await page.screenshot({ path: join(target, `${name}.png`) });
  console.log(`${path}: ${Math.round(statSync(path).size / 1_000)} kB`);
  await context.close();
}

const FAKE_KEYS = Array.from({ length: 8 }, (_, n) => `sk-proj-FAKE${String(n).repeat(36)}`).join('\n');

const addDialog = async (page) => {
  await page.getByRole('button', { name: 'Add keys', exact: true }).click();
  await page.getByRole('textbox', { name: 'Keys' }).fill(FAKE_KEYS);
  await page.locator('#add-label').fill('team-search');
  await page.getByRole('button', { name: /Check and add/ }).click();
  await page.getByRole('button', { name: 'Done' }).waitFor();
  await page.waitForTimeout(400);
};

const size = { width: 1280, height: 860 };
await picture('overview-light', size);
await picture('overview-dark', { ...size, colorScheme: 'dark' });
await picture('narrow', { width: 400, height: 1000 });
await picture('add-keys', { width: 1100, height: 760, before: addDialog });

const LARGE = { width: 1440, height: 800 };
const MIDDLE = { width: 1024, height: 800 };
const SMALL = { width: 400, height: 900 };
const THEMES = ['light', 'dark'];
const every = (view) => THEMES.map((colorScheme) => ({ ...view, colorScheme }));
const EVERY_VIEW = [LARGE, MIDDLE, SMALL].flatMap(every);

/** Those of docs/page.md: each situation once, the gravest at every width. */
const SHOWN = {
  'all-well': [{ ...LARGE, colorScheme: 'light' }],
  'total-outage': [{ ...LARGE, colorScheme: 'light' }, { ...MIDDLE, colorScheme: 'dark' }, ...every(SMALL)],
  'out-of-quota': [{ ...MIDDLE, colorScheme: 'light' }],
  'model-cooldown': [{ ...LARGE, colorScheme: 'dark' }],
  'no-keys': [{ ...LARGE, colorScheme: 'light' }],
  'store-away': [{ ...LARGE, colorScheme: 'dark' }],
  'twelve-providers': [{ ...LARGE, height: 860, colorScheme: 'light' }],
};
for (const [name, { keys, arrange }] of Object.entries(SITUATIONS)) {
  const server = await SampleServer.start({ folder, keys });
  arrange(server);
  for (const view of everything ? EVERY_VIEW : SHOWN[name])
    await picture(`${name}-${view.width}-${view.colorScheme}`, { ...view, server });
  await server.close();
}

const TWO_THOUSAND = { openai: 1_300, anthropic: 500, google: 200 };

const keyView = async (page) => {
  await page.getByLabel('Status', { exact: true }).selectOption('quota_exceeded');
  await page.locator('[data-key] a').first().click();
  await page.locator('.key-table').waitFor();
  await page.waitForTimeout(400);
};
const keySettings = async (page) => {
  await keyView(page);
  await page.locator('#key-settings').evaluate((heading) => heading.scrollIntoView());
  await page.getByRole('button', { name: 'Add a budget' }).click();
  await page.waitForTimeout(400);
};
const manyKeys = async (page) => {
  await page.getByLabel('Group', { exact: true }).selectOption('status');
  await page.getByLabel('Status', { exact: true }).selectOption('removed');
  await page.getByText(/^Select all/).click();
  await page.locator('#keys').evaluate((section) => section.scrollIntoView());
  await page.waitForTimeout(400);
};
const failedCalls = async (page) => {
  await page.locator('.failed-calls tbody tr').first().waitFor();
  await page.locator('.failed-calls').evaluate((section) => section.scrollIntoView());
  await page.waitForTimeout(400);
};

/** Of docs/page.md, too: what is opened or done, and how it is shown there. */
const OPENED = {
  'key-view': {
    before: keyView,
    shown: [
      { ...LARGE, colorScheme: 'light' },
      { ...SMALL, colorScheme: 'dark' },
    ],
  },
  'key-settings': { before: keySettings, shown: [{ ...MIDDLE, colorScheme: 'light' }] },
  'many-keys': { before: manyKeys, shown: [{ ...LARGE, colorScheme: 'light' }] },
  'failed-calls': { before: failedCalls, shown: [{ ...MIDDLE, colorScheme: 'light' }] },
};
const full = await SampleServer.start({ folder, keys: TWO_THOUSAND });
for (const [name, { before, shown }] of Object.entries(OPENED))
  for (const view of everything ? EVERY_VIEW : shown)
    await picture(`${name}-${view.width}-${view.colorScheme}`, { ...view, before, server: full });
await full.close();

await browser.close();
await calm.close();
