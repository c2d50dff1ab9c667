import type { Browser, Page } from 'playwright-core';
import { describeInChromium, launch, signIn, Watch } from './browser';
import { buildDashboard } from './build';
import { SAMPLE_ADMIN, SampleServer } from './sample-server';

const KEYS = { openai: 6_000, anthropic: 3_000, google: 1_000 };
/** Rows in sight, some beyond, and the active one. */
const MOST_ROWS = 45;

describeInChromium('the dashboard with 10,000 keys', () => {
  let browser: Browser;
  let server: SampleServer;
  let page: Page;
  let watch: Watch;

  beforeAll(async () => {
    server = await SampleServer.start({ folder: buildDashboard('large'), keys: KEYS });
    browser = await launch();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    watch = new Watch(page);
    await signIn(page, server.url, SAMPLE_ADMIN);
    await page.locator('.keys .section-head', { hasText: /^Keys\s*10,000$/ }).waitFor();
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
    watch.expectClean();
  });

  const rows = (): Promise<number> => page.locator('.grid-body .grid-row').count();
  /** Milliseconds between frames while the table scrolls from top to bottom. */
  const scrollThrough = (): Promise<number[]> =>
    page.evaluate(async () => {
      const grid = document.querySelector('.grid')!;
      const gaps: number[] = [];
      let before = performance.now();
      for (let step = 1; step <= 60; step += 1) {
        grid.scrollTop = (grid.scrollHeight * step) / 60;
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        gaps.push(now - before);
        before = now;
      }
      return gaps.sort((a, b) => a - b);
    });

  it('scrolls from end to end with few rows in the page, and in step with the screen', async () => {
    const gaps = await scrollThrough();
    console.log(`10,000 keys: median frame ${gaps[30]!.toFixed(1)} ms, worst of 60 ${gaps[59]!.toFixed(1)} ms`);
    expect(await rows()).toBeLessThanOrEqual(MOST_ROWS);
    await page.locator('[aria-rowindex="10001"]').waitFor();
  });

  it('filters and searches as one types', async () => {
    const startedAt = Date.now();
    await page.getByRole('searchbox').fill('team-mail quota');
    await page.locator('.keys .section-head', { hasText: /of 10,000/ }).waitFor();
    console.log(`10,000 keys: a search shows after ${Date.now() - startedAt} ms`);
    await page.getByLabel('Provider', { exact: true }).selectOption('google');
    const shown = await page.locator('.cell-provider').filter({ hasText: 'OpenAI' }).count();
    expect(shown).toBe(0);
    expect(await rows()).toBeLessThanOrEqual(MOST_ROWS);
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.locator('.keys .section-head', { hasText: /^Keys\s*10,000$/ }).waitFor();
  });

  it('goes to the last key by keyboard, and keeps focus while the table scrolls', async () => {
    await page.locator('.grid-body [tabindex="0"]').focus();
    await page.keyboard.press('End');
    const focused = (): Promise<string | null | undefined> =>
      page.evaluate(() => document.activeElement?.getAttribute('aria-rowindex'));
    expect(await focused()).toBe('10001');
    await page.evaluate(() => document.querySelector('.grid')!.scrollTo(0, 0));
    await page.locator('[aria-rowindex="2"]').waitFor();
    expect(await focused()).toBe('10001');
    await page.keyboard.press('ArrowUp');
    expect(await focused()).toBe('10000');
  });

  it('takes a burst of a thousand changes', async () => {
    const before = server.requests.length;
    const keys = [...server.keys.values()].filter(({ status }) => status === 'healthy').slice(0, 1_000);
    for (const key of keys) server.change(key, 'invalid_key', 'Incorrect API key provided');
    await page
      .locator('.event', { hasText: /\d keys → invalid/ })
      .first()
      .waitFor();
    await page.waitForTimeout(1_500);
    expect(await page.locator('.event').count()).toBeLessThanOrEqual(200);
    expect(await rows()).toBeLessThanOrEqual(MOST_ROWS);
    // A list per provider, not a request per key.
    expect(server.requests.length - before).toBeLessThan(60);
  });
});
