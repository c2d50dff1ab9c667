import type { INestApplication } from '@nestjs/common';
import type { Browser, Locator, Page } from 'playwright-core';
import { KeyPoolService, keyIdOf, RetryExecutorService } from '../../src/key-management';
import { fakeKey, VendorSimulator } from '../simulator';
import { Cluster } from '../support/cluster-store';
import { describeInChromium, launch, signIn } from './browser';
import { buildDashboard } from './build';
import { ADMIN, startRealApp } from './real-app';

const KEYS = Array.from({ length: 33 }, (_, n) => fakeKey('openai', n + 1));

describeInChromium('the page of one of several instances', () => {
  const folder = buildDashboard('instances');
  let browser: Browser;
  let simulator: VendorSimulator;
  let apps: { app: INestApplication; origin: string }[];
  let page: Page;

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    simulator = await VendorSimulator.start();
    for (const key of KEYS) simulator.openai.key(key);
    const cluster = new Cluster();
    const start = () => {
      const providers = { openai: { keys: KEYS, baseUrl: simulator.openai.baseUrl } };
      const options = { providers, backoff: { initialMs: 0, maxMs: 0 }, store: cluster.member() };
      return startRealApp({ folder, options });
    };
    apps = [await start(), await start()];
    page = await browser.newPage();
    page.setDefaultTimeout(15_000);
    await signIn(page, `${apps[1]!.origin}/dashboard`, ADMIN);
    await page.locator('.live-live').waitFor();
  });
  afterEach(async () => {
    await page.close();
    for (const { app } of apps) await app.close();
    await simulator.close();
  });

  const call = (at: number): Promise<unknown> =>
    apps[at]!.app.get(RetryExecutorService).execute('openai', ({ apiKey, fetch }) =>
      fetch(`${simulator.openai.baseUrl}/v1/chat/completions`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ model: 'gpt-5-nano', messages: [{ role: 'user', content: 'Hello' }] }),
      }),
    );
  const healthyOn = (at: number): number =>
    apps[at]!.app.get(KeyPoolService)
      .list('openai')
      .filter(({ status }) => status === 'healthy').length;
  const lines = (): Locator => page.locator('.feed-list .event');

  it('tells the calls of all of them, and says of those by model that they are of the one that answers', async () => {
    const card = page.locator('.provider', { has: page.getByRole('heading', { name: 'OpenAI' }) });
    for (let n = 0; n < 4; n += 1) await call(0);
    // None was made here, and what they used is known all the same.
    await card.getByText('Tokens and cost by model').click();
    const used = card.locator('.models table', { hasText: 'Answered calls of all instances and of all time' });
    await used.locator('tbody td').first().filter({ hasText: /^4$/ }).waitFor();
    await call(1);
    await card
      .locator('.figure', { hasText: /^Calls\s*5$/ })
      .first()
      .waitFor();
    await card.getByText('1 model on this instance: none named 100 %').waitFor();
    const models = card.locator('.models');
    await models.getByText('Calls of this instance alone, since').waitFor();
    expect(await models.locator('tbody td').first().innerText()).toBe('1');
  });

  it('has one line for what several of them removed, and one for what was done to many keys on another', async () => {
    const dead = KEYS.slice(0, 30);
    for (const key of dead) simulator.openai.key(key, { kind: 'invalid' });
    // Both find some of them.
    for (let turn = 0; healthyOn(1) > 3; turn += 1) await call(turn % 2);
    const line = page.locator('.event', { hasText: '30 keys → invalid' });
    await line.getByText('Incorrect API key provided').waitFor();
    await line.getByText(/by a call/).waitFor();
    await line.getByText(/by another instance/).waitFor();
    expect(
      await lines()
        .filter({ hasText: /→ Invalid/ })
        .count(),
    ).toBe(0);

    const ids = KEYS.map((key) => keyIdOf(key));
    const answer = await fetch(`${apps[0]!.origin}/admin/providers/openai/keys/bulk`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${ADMIN}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ action: 'disable', ids }),
    });
    expect(answer.status).toBe(200);
    await page.locator('.event', { hasText: '33 keys → disabled' }).getByText('by another instance').waitFor();
    await page.locator('.event', { hasText: 'Administrator disabled 33 keys' }).waitFor();
    await page.reload();
    await page.locator('.event', { hasText: '30 keys → invalid' }).waitFor();
    await page.locator('.event', { hasText: '33 keys → disabled' }).waitFor();
  });
});
