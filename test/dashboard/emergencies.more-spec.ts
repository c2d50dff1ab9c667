import type { Browser, Locator } from 'playwright-core';
import { ManagedFetchService, RetryExecutorService } from '../../src/key-management';
import type { Behaviour } from '../simulator';
import { describeWithRedis, RedisServer } from '../support/redis-server';
import { describeInChromium, launch, signIn } from './browser';
import { buildDashboard } from './build';
import { ADMIN } from './real-app';
import { FIRST, SECOND, Stage, THIRD } from './stage';
import { useStage } from './use-stage';

/** Where pictures of each go, for whoever wants to look at them. */
const PICTURES = process.env.DASHBOARD_PICTURES;

/** Real calls of one model, one after the other; each answer is whatever the vendor says. */
async function call(stage: Stage, times: number, model = 'gpt-5'): Promise<void> {
  const fetch = stage.app.get(ManagedFetchService).for('openai', { maxWaitMs: 0 });
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello!' }] });
  const url = `${stage.simulator.openai.baseUrl}/v1/chat/completions`;
  for (let time = 0; time < times; time += 1) {
    const response = await fetch(url, { method: 'POST', body }).catch(() => undefined);
    await response?.text();
  }
}

function behave(stage: Stage, behaviour: Behaviour): void {
  for (const key of [FIRST, SECOND, THIRD]) stage.simulator.openai.key(key, behaviour);
}

const SINCE = /Since \d\d:\d\d:\d\d/;

/** Waits until the text of the part has all of these in it. */
async function says(part: Locator, ...patterns: readonly RegExp[]): Promise<void> {
  for (const pattern of patterns) await part.filter({ hasText: pattern }).waitFor();
}

async function picture({ page }: Stage, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  for (const [width, height] of [
    [400, 1_600],
    [1440, 960],
  ] as const) {
    await page.setViewportSize({ width, height });
    await page.screenshot({ path: `${PICTURES}/${name}-${width}.png` });
  }
}

describeInChromium('the page in an emergency, of a real app', () => {
  const on = useStage('emergencies');
  const card = (name: string) =>
    on.stage.page.locator('.provider', { has: on.stage.page.getByRole('heading', { name }) });

  it('F1: says of a total outage that the provider is failing, and why', async () => {
    const { stage } = on;
    const { page } = stage;
    behave(stage, { kind: 'status', status: 500 });
    await call(stage, 49);
    await signIn(page, stage.url, ADMIN);
    await card('OpenAI').getByText('Failing', { exact: true }).waitFor();
    await says(card('OpenAI'), /\d+ of \d+ calls in the last 5 minutes failed/, /The vendor says: .*HTTP 500/, SINCE);
    await card('OpenAI').getByRole('button', { name: 'Pause of OpenAI' }).waitFor();
    await says(page.getByRole('region', { name: 'Trouble' }), /OpenAI \(failing\):/, /HTTP 500/, SINCE);
    expect(await card('OpenAI').locator('.figure', { hasText: 'Success' }).innerText()).toMatch(/Success\s+0 %/);
    await page.locator('.feed').getByText('Is failing').waitFor();
    // F7: one minute, or two, and nothing answered: no scale is made up for how long that took.
    expect(await card('OpenAI').locator('.plot').count()).toBeLessThanOrEqual(1);
    await picture(stage, 'outage');
  });

  it('says in one sentence that several keys met the same refusal, which no rule knows, and are not removed for it', async () => {
    const { stage } = on;
    behave(stage, { kind: 'answer', status: 401, body: 'Unauthorized by the proxy' });
    await call(stage, 2);
    await signIn(stage.page, stage.url, ADMIN);
    await card('OpenAI')
      .getByText(/Several keys met one and the same refusal, so no key is removed for it, and probes decide/)
      .waitFor();
    await picture(stage, 'doubted');
  });

  it('F2: says that all keys cool down for the only model in use, and until when', async () => {
    const { stage } = on;
    const { page } = stage;
    behave(stage, { kind: 'alwaysRateLimited', retryAfterMs: 600_000 });
    await call(stage, 6);
    await signIn(page, stage.url, ADMIN);
    await card('OpenAI').getByText('No usable key', { exact: true }).waitFor();
    const sentence = [
      /No key can serve gpt-5, the only model that is called: 3 keys: rate limited for gpt-5\./,
      SINCE,
      /The first key is back at \d\d:\d\d:\d\d/,
    ];
    await says(card('OpenAI'), ...sentence, /Wait, or add keys of another account/);
    await card('OpenAI').locator('.remedies').getByRole('button', { name: 'Add keys of OpenAI' }).waitFor();
    await card('OpenAI').getByText('3 healthy, but all cool down for a model').waitFor();
    await says(page.getByRole('region', { name: 'Trouble' }), /OpenAI \(no usable key\):/, ...sentence);
    // Nothing of the row is cut off.
    const cut = await stage
      .row(FIRST)
      .locator('.cell-next')
      .evaluate((cell) => cell.scrollHeight - cell.clientHeight);
    expect(cut).toBeLessThanOrEqual(1);
    await picture(stage, 'cooling-down');
  });

  it('F3: has a card for a provider that is called and has no keys', async () => {
    const { stage } = on;
    const { page } = stage;
    await call(stage, 3);
    await stage.app.get(RetryExecutorService).execute('anthropic', () => Promise.resolve('never'));
    await signIn(page, stage.url, ADMIN);
    await card('Anthropic').getByText('No usable key', { exact: true }).waitFor();
    await says(
      card('Anthropic'),
      /It is called and has no keys, so every call is refused\./,
      SINCE,
      /Add keys to it\./,
    );
    await says(page.getByRole('region', { name: 'Trouble' }), /Anthropic \(no usable key\):/, SINCE);
    // Trouble first.
    expect(await page.locator('.provider h3').allInnerTexts()).toEqual(['Anthropic', 'OpenAI']);
    await card('OpenAI').getByText('Serving', { exact: true }).waitFor();
    await picture(stage, 'no-keys');
  });

  it('says of one provider that all its keys are out of quota, in the words of the vendor, and checks them when told to', async () => {
    const { stage } = on;
    const { page } = stage;
    behave(stage, { kind: 'exhausted' });
    await call(stage, 4);
    await signIn(page, stage.url, ADMIN);
    const sentence = [
      /None of its 3 keys can be used: 3 keys: insufficient_quota/,
      SINCE,
      /The first key is checked again at \d\d:\d\d/,
    ];
    await says(card('OpenAI'), ...sentence, /“You exceeded your current quota/, /Top up the account/);
    await says(page.getByRole('region', { name: 'Trouble' }), /OpenAI \(no usable key\):/, ...sentence);
    await picture(stage, 'out-of-quota');

    behave(stage, { kind: 'valid' });
    await card('OpenAI').getByRole('button', { name: 'Check the keys of OpenAI' }).click();
    await page.getByText('Checked 3 keys of OpenAI', { exact: false }).waitFor();
  });

  it('says of one provider that all its keys are invalid, and asks for others', async () => {
    const { stage } = on;
    const { page } = stage;
    behave(stage, { kind: 'invalid' });
    await call(stage, 4);
    await signIn(page, stage.url, ADMIN);
    const sentence = [/None of its 3 keys can be used: 3 keys: invalid_api_key/, SINCE];
    await says(card('OpenAI'), ...sentence, /Add new keys; check the old ones if they should be good\./);
    await says(page.getByRole('region', { name: 'Trouble' }), /OpenAI \(no usable key\):/, ...sentence);
    await card('OpenAI').locator('.remedies').getByRole('button', { name: 'Add keys of OpenAI' }).click();
    await page
      .getByRole('dialog')
      .getByRole('heading', { name: /Add keys/ })
      .waitFor();
  });

  it('says that a provider is paused, since when and until when, and resumes it', async () => {
    const { stage } = on;
    const { page } = stage;
    await call(stage, 1);
    await signIn(page, stage.url, ADMIN);
    await card('OpenAI').getByRole('button', { name: 'Pause OpenAI' }).click();
    await page.getByRole('dialog').getByLabel('Pause it').selectOption('for 15 minutes');
    await page.getByRole('dialog').getByRole('button', { name: 'Pause OpenAI' }).click();
    const sentence = [
      /An administrator paused it, and every call is refused\./,
      SINCE,
      /It resumes by itself at \d\d:\d\d/,
    ];
    await says(card('OpenAI'), ...sentence, /Resume it when it may serve again\./);
    await says(page.getByRole('region', { name: 'Trouble' }), /OpenAI \(paused\):/, ...sentence);
    await card('OpenAI').getByRole('button', { name: 'Resume of OpenAI' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Resume OpenAI' }).click();
    await page.getByRole('region', { name: 'Trouble' }).waitFor({ state: 'detached' });
  });

  it('shows what calls came to in the window that the address names, by model too, and keeps the choice there', async () => {
    const { stage } = on;
    const { page } = stage;
    await call(stage, 3);
    behave(stage, { kind: 'status', status: 400 });
    await call(stage, 2, 'gpt-5-mini');
    await signIn(page, `${stage.url}?window=24h`, ADMIN);
    await card('OpenAI')
      .getByText(/The last 24 hours, since \d/)
      .waitFor();
    const figure = (name: string) => card('OpenAI').locator('.figure', { hasText: name }).locator('dd').innerText();
    // What callers spoilt says nothing of the provider.
    expect([await figure('Calls'), await figure('Failed'), await figure('Success')]).toEqual(['3', '0', '100 %']);
    expect([await figure('Refused'), await figure('Retries'), await figure('By caller')]).toEqual(['0', '0', '2']);
    await card('OpenAI').getByText('1 model on this instance: gpt-5 100 %').click();
    await says(card('OpenAI').locator('.models'), /Calls of this instance alone, since/, /gpt-5\s*3\s*0\s*0\s*100 %/);
    await card('OpenAI')
      .getByText(/All calls of the last 24 hours were in one hour, \d\d:\d\d: 3 calls, 0 failed/)
      .waitFor();

    await page.getByLabel('5 min', { exact: true }).check({ force: true });
    await card('OpenAI')
      .getByText(/The last 5 minutes, since \d/)
      .waitFor();
    expect(new URL(page.url()).search).toBe('?window=5m');
    await page.reload();
    await card('OpenAI')
      .getByText(/The last 5 minutes, since \d/)
      .waitFor();
    await page.getByLabel('1 h', { exact: true }).check({ force: true });
    await card('OpenAI')
      .getByText(/The last hour, since \d/)
      .waitFor();
    expect(new URL(page.url()).search).toBe('');
  });

  it('F5: says of a key in the configuration what deleting it comes to', async () => {
    const { stage } = on;
    await signIn(stage.page, stage.url, ADMIN);
    await stage
      .row(FIRST)
      .getByRole('button', { name: /^Delete/ })
      .click();
    // This app's store keeps nothing.
    await stage.page
      .getByRole('dialog')
      .getByText(/it comes back at the next start unless you remove it there/)
      .waitFor();
  });
});

describeWithRedis('with a real Redis', () => {
  describeInChromium('the page in an emergency, of a real app', () => {
    const folder = buildDashboard('store-emergency');
    let browser: Browser;
    let redis: RedisServer;
    let stage: Stage;
    beforeAll(async () => {
      browser = await launch();
    });
    afterAll(() => browser.close());
    beforeEach(async () => {
      redis = await RedisServer.start();
      stage = await Stage.open(browser, folder, { store: { kind: 'redis', url: redis.url } });
    });
    afterEach(async () => {
      await stage.close();
      await redis.stop();
    });

    it('F4, F5: says that the store is away, since when and what that means, and that a deleted key stays out', async () => {
      const { page } = stage;
      await call(stage, 2);
      await signIn(page, stage.url, ADMIN);
      await stage.live();
      await page.getByText('Live', { exact: true }).waitFor();
      expect(await page.getByRole('region', { name: 'Key store' }).count()).toBe(0);
      await stage
        .row(FIRST)
        .getByRole('button', { name: /^Delete/ })
        .click();
      await page
        .getByRole('dialog')
        .getByText(/it stays out after a restart as well/)
        .waitFor();
      await page.keyboard.press('Escape');

      await redis.kill9();
      const banner = page.getByRole('region', { name: 'Key store' });
      await banner.getByText(/The redis store is away since \d\d:\d\d:\d\d\./).waitFor();
      await banner.getByText(/other instances do not hear of it, and a restart would forget it/).waitFor();
      await page.getByText('Live, store away').waitFor();
      const openai = page.locator('.provider', { has: page.getByRole('heading', { name: 'OpenAI' }) });
      await openai.getByText('Degraded', { exact: true }).waitFor();
      await openai.getByText(/The redis store is away/).waitFor();
      await picture(stage, 'store-away');

      await redis.restart();
      await banner.waitFor({ state: 'detached' });
      await page.getByText('Live', { exact: true }).waitFor();
    });
  });
});
