import { KeyPoolService, keyIdOf, RetryExecutorService } from '../../src/key-management';
import { BulkKeysService } from '../../src/key-management/admin/bulk-keys.service';
import { ApiKey } from '../../src/key-management/pool/key/api-key';
import { fakeKey } from '../simulator';
import { describeInChromium, signIn } from './browser';
import { ADMIN } from './real-app';
import { FIRST, SECOND, THIRD, type Stage } from './stage';
import { useStage } from './use-stage';

const call = ({ app, simulator }: Stage): Promise<unknown> =>
  app.get(RetryExecutorService).execute('openai', ({ apiKey, fetch }) =>
    fetch(`${simulator.openai.baseUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-5-nano', messages: [{ role: 'user', content: 'Hello' }] }),
    }),
  );

describeInChromium('managing keys of a real app in the dashboard', () => {
  const on = useStage('managing');

  it('shows a key being removed while calls run', async () => {
    const { page, simulator, url } = on.stage;
    await signIn(page, url, ADMIN);
    await on.stage.live();
    await on.stage.row(SECOND).getByText('Healthy').waitFor();
    const calling = { on: true };
    const calls = (async () => {
      while (calling.on) await call(on.stage);
    })();
    simulator.openai.key(SECOND, { kind: 'invalid' });
    await on.stage.row(SECOND).getByText('Invalid', { exact: true }).waitFor();
    await on.stage
      .row(SECOND)
      .getByText(/re-check/)
      .waitFor();
    calling.on = false;
    await calls;
    await page.locator('.event', { hasText: 'Healthy → Invalid' }).waitFor();
    await page.locator('.provider .health-words', { hasText: '1 removed' }).waitFor();
    // Figures and timeline follow: a sentence while all calls were in one minute.
    const sentence = page.locator('.timeline-empty', { hasText: /in one minute, \d\d:\d\d: [1-9]\d* calls?/ });
    const chart = page.getByRole('img', { name: /^Calls of openai over time: [1-9]\d* calls/ });
    await sentence.or(chart).first().waitFor();
  });

  it('adds good and bad keys, one verdict each, and never shows a raw key', async () => {
    const { page, app, simulator, url } = on.stage;
    const [good, empty, bad] = [11, 12, 13].map((n) => fakeKey('openai', n)) as [string, string, string];
    simulator.openai.key(good);
    simulator.openai.key(empty, { kind: 'exhausted' });
    simulator.openai.key(bad, { kind: 'invalid' });
    await signIn(page, url, ADMIN);
    await on.stage.live();
    await page.getByRole('button', { name: 'Add keys', exact: true }).click();
    const area = page.getByRole('textbox', { name: 'Keys' });
    await area.fill(`${good}\n${empty}, ${bad}\n${FIRST}\n${good}`);
    await page.getByText('4 keys found, 1 given twice.').waitFor();
    await page.locator('#add-label').fill('team-a');
    await page.getByRole('button', { name: 'Check and add 4 keys' }).click();
    await page.getByText('Checked 4 of 4 keys').waitFor();
    const verdicts = await page.locator('.verdict').allInnerTexts();
    expect(verdicts.map((text) => text.split('\n')[1]).sort()).toEqual([
      'Added, healthy',
      'Added, no quota',
      'Refused',
      'Was there already',
    ]);
    const html = await page.content();
    for (const key of [good, empty, bad, FIRST]) expect(html).not.toContain(key);
    await page.getByRole('button', { name: 'Done' }).click();
    await on.stage.row(good).getByText('team-a').waitFor();
    await on.stage.row(empty).getByText('No quota').waitFor();
    expect(await on.stage.row(bad).count()).toBe(0);
    expect(app.get(KeyPoolService).list('openai')).toHaveLength(5);
  });

  it('pauses a provider and resumes it, each after a question', async () => {
    const { page, app, url } = on.stage;
    await signIn(page, url, ADMIN);
    await on.stage.live();
    const card = page.locator('.provider', { hasText: 'OpenAI' });
    await card.getByRole('button', { name: 'Pause OpenAI' }).click();
    await page.getByText('It serves no calls while it is paused').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect(await call(on.stage)).toMatchObject({ success: true });
    await card.getByRole('button', { name: 'Pause OpenAI' }).click();
    await page.getByLabel('Pause it').selectOption('for an hour');
    await page.getByRole('dialog').getByRole('button', { name: 'Pause OpenAI' }).click();
    await card.getByText('Paused', { exact: true }).waitFor();
    await card.getByText('An administrator paused it, and every call is refused.').waitFor();
    await card.getByText(/It resumes by itself at/).waitFor();
    await page.locator('.event', { hasText: 'Is paused' }).waitFor();
    expect(await call(on.stage)).toMatchObject({ success: false, error: { paused: true } });
    expect(app.get(KeyPoolService).lease('openai')).toBeUndefined();
    await card.getByRole('button', { name: 'Resume OpenAI' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Resume OpenAI' }).click();
    await card.getByRole('button', { name: 'Pause OpenAI' }).waitFor();
    await page.locator('.event', { hasText: 'Serves again' }).waitFor();
    expect(await call(on.stage)).toMatchObject({ success: true });
  });

  it('shows at once what was done to many keys', async () => {
    const { page, app, url } = on.stage;
    const pools = app.get(KeyPoolService);
    for (let n = 100; n < 130; n += 1) {
      const added = pools.ensurePool('openai').add(new ApiKey(fakeKey('openai', n)), {}, 'runtime', 'administrator');
      pools.ensurePool('openai').leaseForProbe(added).settle('ok');
    }
    await signIn(page, url, ADMIN);
    await on.stage.live();
    await page.locator('.provider .health-words', { hasText: '33 healthy' }).waitFor();
    await app.get(BulkKeysService).run('openai', { action: 'disable', where: { status: 'healthy' } });
    await page.locator('.event', { hasText: '33 keys disabled' }).waitFor();
    await page.locator('.provider .health-words', { hasText: '33 removed' }).waitFor();
  });

  it('adds a key under an id, and refuses an id for several', async () => {
    const { page, app, simulator, url } = on.stage;
    const [one, other] = [14, 15].map((n) => fakeKey('openai', n)) as [string, string];
    for (const key of [one, other]) simulator.openai.key(key);
    await signIn(page, url, ADMIN);
    await on.stage.live();
    await page.getByRole('button', { name: 'Add keys', exact: true }).click();
    const area = page.getByRole('textbox', { name: 'Keys' });
    await area.fill(`${one} ${other}`);
    await page.getByLabel(/^Id/).fill('team-a-main');
    await page.getByRole('button', { name: 'Check and add 2 keys' }).click();
    await page.getByText('An id is of one key').waitFor();
    expect(await area.inputValue()).toContain(other);
    await area.fill(one);
    await page.getByRole('button', { name: 'Check and add 1 key' }).click();
    await page.getByText('Checked 1 of 1 key').waitFor();
    const ids = app
      .get(KeyPoolService)
      .list('openai')
      .map(({ id }) => id);
    expect(ids).toContain('team-a-main');
    expect(ids).toHaveLength(4);
  });

  it('checks, disables, enables and deletes a key', async () => {
    const { page, app, url } = on.stage;
    await signIn(page, url, ADMIN);
    await on.stage
      .row(THIRD)
      .getByRole('button', { name: /^Check/ })
      .click();
    await page.locator('.toast', { hasText: 'works (healthy)' }).waitFor();
    await on.stage
      .row(THIRD)
      .getByRole('button', { name: /^Disable/ })
      .click();
    await on.stage.row(THIRD).getByText('Disabled', { exact: true }).waitFor();
    expect(app.get(KeyPoolService).get('openai', keyIdOf(THIRD))).toMatchObject({ status: 'disabled' });
    await on.stage
      .row(THIRD)
      .getByRole('button', { name: /^Enable/ })
      .click();
    await on.stage.row(THIRD).getByText('Healthy').waitFor();

    await on.stage
      .row(THIRD)
      .getByRole('button', { name: /^Delete/ })
      .click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    expect(await on.stage.row(THIRD).count()).toBe(1);
    await on.stage
      .row(THIRD)
      .getByRole('button', { name: /^Delete/ })
      .click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete key' }).click();
    await on.stage.row(THIRD).waitFor({ state: 'detached' });
    expect(app.get(KeyPoolService).get('openai', keyIdOf(THIRD))).toBeUndefined();
  });

  it('checks all keys and changes the configuration, naming what is wrong', async () => {
    const { page, url } = on.stage;
    await signIn(page, url, ADMIN);
    await page.getByRole('button', { name: 'Check all', exact: true }).click();
    await page.locator('.toast', { hasText: /Checked 3 keys in .*: 3 healthy/ }).waitFor();
    await page.getByRole('button', { name: 'Configuration' }).click();
    const field = page.getByLabel('Retries of a call');
    await field.fill('1.5');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Enter a whole number.').waitFor();
    await field.fill('7');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    const answer = await fetch(url.replace('dashboard', 'admin/configuration'), {
      headers: { Authorization: `Bearer ${ADMIN}` },
    });
    expect(await answer.json()).toMatchObject({ max_retries: 7 });
  });
});
