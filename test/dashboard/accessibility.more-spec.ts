import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { describeInChromium, launch, signIn } from './browser';
import { buildDashboard } from './build';
import { SAMPLE_ADMIN, SAMPLE_VIEWER, SampleServer } from './sample-server';
import { SITUATIONS, type SituationName } from './situations';

interface Finding {
  id: string;
  impact: string;
  nodes: string[];
}

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Everything that axe finds, moderate and minor included: the page has none to hide. */
async function findings(page: Page): Promise<Finding[]> {
  // Through the debugger, since the page's own policy lets no script in.
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const axe = Reflect.get(window, 'axe') as { run: () => Promise<{ violations: Record<string, unknown>[] }> };
    const { violations } = await axe.run();
    return violations.map(({ id, impact, nodes }) => ({
      id: String(id),
      impact: String(impact),
      nodes: (nodes as { html: string; failureSummary: string }[]).map(
        ({ html, failureSummary }) => `${html}\n${failureSummary}`,
      ),
    }));
  });
}

/** What of cards and totals is wider than its place. */
function sticksOut(): string[] {
  const parts = [...document.querySelectorAll('.provider, .provider .figures, .totals, .banner')];
  const wide = parts.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1);
  return [
    ...wide.map(({ className }) => className),
    ...(document.documentElement.scrollWidth > innerWidth ? ['the page'] : []),
  ];
}

const VIEWS: [name: string, options: BrowserContextOptions][] = [
  ['light', { colorScheme: 'light', viewport: { width: 1280, height: 900 } }],
  ['dark', { colorScheme: 'dark', viewport: { width: 1280, height: 900 } }],
  ['narrow', { colorScheme: 'light', viewport: { width: 400, height: 900 } }],
  ['narrow and dark', { colorScheme: 'dark', viewport: { width: 400, height: 900 } }],
];

describeInChromium('the dashboard to axe', () => {
  let browser: Browser;
  let server: SampleServer;
  let context: BrowserContext;
  let page: Page;
  const folder = buildDashboard('accessibility');

  beforeAll(async () => {
    server = await SampleServer.start({ folder, keys: { openai: 24, anthropic: 14, google: 9 } });
    browser = await launch();
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });
  afterEach(() => context.close());

  const open = async (options: BrowserContextOptions, token = SAMPLE_ADMIN): Promise<void> => {
    context = await browser.newContext({ ...options, reducedMotion: 'reduce' });
    context.setDefaultTimeout(15_000);
    page = await context.newPage();
    await signIn(page, server.url, token);
    await page.locator('.grid-body .grid-row').first().waitFor();
    await page.locator('.event').first().waitFor();
  };

  it.each(VIEWS)('%s: sign-in, overview and every dialog', async (_name, options) => {
    context = await browser.newContext(options);
    page = await context.newPage();
    await page.goto(server.url);
    await page.getByLabel('Access token').fill('not-the-right-token');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    expect(await findings(page)).toEqual([]);
    await context.close();

    await open(options);
    expect(await findings(page)).toEqual([]);

    await page.getByRole('button', { name: 'Configuration' }).click();
    await page.getByLabel('Retries of a call').fill('x');
    await page.getByRole('button', { name: 'Save' }).click();
    expect(await findings(page)).toEqual([]);
    await page.keyboard.press('Escape');

    await page
      .getByRole('button', { name: /^Delete/ })
      .first()
      .click();
    expect(await findings(page)).toEqual([]);
    await page.keyboard.press('Escape');

    await page.getByRole('button', { name: 'Add keys', exact: true }).click();
    expect(await findings(page)).toEqual([]);
    const keys = Array.from({ length: 9 }, (_, n) => `sk-proj-FAKE-FAKE-FAKE-FAKE-${n}`);
    await page.getByRole('textbox', { name: 'Keys' }).fill(keys.join('\n'));
    await page.getByRole('button', { name: /Check and add/ }).click();
    await page.getByRole('button', { name: 'Done' }).waitFor();
    expect(await findings(page)).toEqual([]);
  });

  it.each(VIEWS)('%s: the view of a key, many keys selected, and failed calls', async (_name, options) => {
    await open(options);
    await page.locator('.failed-calls tbody tr').first().waitFor();
    await page.getByLabel('Group', { exact: true }).selectOption('status');
    await page.getByText(/^Select all/).click();
    await page.getByRole('toolbar', { name: 'Selected keys' }).waitFor();
    expect(await findings(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      options.viewport!.width,
    );
    await page.getByRole('button', { name: 'Re-check' }).click();
    await page.getByRole('button', { name: 'Done' }).waitFor();
    expect(await findings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Done' }).click();
    await page.locator('.failed-calls tbody a').first().click();
    await page.locator('.key-form').waitFor();
    await page.locator('.key-table').waitFor();
    await page.getByLabel('Weight').fill('x');
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('Enter a number above 0').waitFor();
    await page.getByRole('button', { name: 'Add a budget' }).click();
    await page.getByLabel('Time zone').last().fill('nowhere');
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('Enter a time zone').waitFor();
    expect(await findings(page)).toEqual([]);
    expect(await page.locator('.sheet').evaluate((sheet) => sheet.scrollWidth - sheet.clientWidth)).toBe(0);
  });

  it('for a viewer, without a match, and with the connection lost', async () => {
    await open({ viewport: { width: 1280, height: 900 } }, SAMPLE_VIEWER);
    expect(await findings(page)).toEqual([]);
    await page.getByRole('searchbox').fill('no key is called this');
    await page.getByText('No key matches.').waitFor();
    expect(await findings(page)).toEqual([]);
    await server.close();
    await page.locator('main.stale').waitFor();
    const found = await findings(page);
    await server.listen();
    expect(found).toEqual([]);
  });

  const SITUATION_NAMES = Object.keys(SITUATIONS) as SituationName[];
  it.each(SITUATION_NAMES)(
    'in the situation %s, light and wide, dark and narrow, of which nothing sticks out',
    async (name) => {
      const troubled = await SampleServer.start({ folder, keys: SITUATIONS[name].keys });
      SITUATIONS[name].arrange(troubled);
      try {
        for (const view of [VIEWS[0]![1], VIEWS[3]![1]]) {
          context = await browser.newContext({ ...view, reducedMotion: 'reduce' });
          page = await context.newPage();
          await signIn(page, troubled.url, SAMPLE_ADMIN);
          await page.locator('.grid-body .grid-row').first().waitFor();
          for (const summary of await page.locator('.models summary').all()) await summary.click();
          expect(await findings(page)).toEqual([]);
          expect(await page.evaluate(sticksOut)).toEqual([]);
          await context.close();
        }
      } finally {
        await troubled.close();
      }
    },
  );

  it('while loading, and with nothing to show', async () => {
    server.holdKeys();
    context = await browser.newContext();
    page = await context.newPage();
    await page.goto(server.url);
    await page.getByLabel('Access token').fill(SAMPLE_ADMIN);
    await page.keyboard.press('Enter');
    await page.getByLabel('Loading keys').waitFor();
    const found = await findings(page);
    server.releaseKeys();
    expect(found).toEqual([]);
    await page.locator('.grid-body .grid-row').first().waitFor();
    await context.close();

    const empty = await SampleServer.start({ folder, keys: {}, quiet: true });
    context = await browser.newContext();
    page = await context.newPage();
    await signIn(page, empty.url, SAMPLE_ADMIN);
    await page.getByRole('heading', { name: 'No keys yet' }).waitFor();
    expect(await findings(page)).toEqual([]);
    await empty.close();
  });

  it('fits into 400 pixels, and follows the theme that is chosen', async () => {
    await open({ viewport: { width: 400, height: 900 }, colorScheme: 'light' });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(400);
    const background = (): Promise<string> =>
      page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    expect(await background()).toBe('rgb(244, 245, 247)');
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await background()).toBe('rgb(14, 18, 23)');
    await page.getByRole('button', { name: /^Theme: as the system/ }).click();
    expect(await background()).toBe('rgb(244, 245, 247)');
    await page.getByRole('button', { name: /^Theme: light/ }).click();
    await page.emulateMedia({ colorScheme: 'light' });
    await page.reload();
    await page.getByRole('button', { name: /^Theme: dark/ }).waitFor();
    expect(await background()).toBe('rgb(14, 18, 23)');
  });
});
