import type { Locator } from 'playwright-core';
import { keyIdOf, KeyPoolService, ManagedFetchService } from '../../src/key-management';
import { describeInChromium, launch, signIn } from './browser';
import { buildDashboard } from './build';
import { ADMIN, VIEWER } from './real-app';
import { FIRST, SECOND, Stage, THIRD } from './stage';
import { useStage } from './use-stage';

async function chat({ app, simulator }: Stage, model = 'gpt-5-nano'): Promise<void> {
  const fetch = app.get(ManagedFetchService).for('openai', { maxWaitMs: 0 });
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] });
  await (await fetch(`${simulator.openai.baseUrl}/v1/chat/completions`, { method: 'POST', body })).text();
}

const name = (key: string): string => `openai/${keyIdOf(key)}`;

describeInChromium("a key's own view, of a real app", () => {
  const on = useStage('key-view');
  const sheet = (): Locator => on.stage.page.locator('.sheet');
  const section = (title: string): Locator => sheet().locator('section', { hasText: title });
  const opened = (): string | null => new URL(on.stage.page.url()).searchParams.get('key');

  it('opens from the list by click and keyboard, and closes by Escape and Back', async () => {
    const { page, url } = on.stage;
    await signIn(page, url, ADMIN);
    await on.stage.row(SECOND).getByRole('link').click();
    await sheet().getByText(keyIdOf(SECOND)).waitFor();
    expect(opened()).toBe(name(SECOND));
    await page.keyboard.press('Escape');
    await sheet().waitFor({ state: 'detached' });
    expect(opened()).toBeNull();
    await on.stage.row(THIRD).focus();
    await page.keyboard.press('Enter');
    await sheet().getByText(keyIdOf(THIRD)).waitFor();
    await page.goBack();
    await sheet().waitFor({ state: 'detached' });
    await page.goForward();
    await sheet().getByText(keyIdOf(THIRD)).waitFor();
    await sheet().getByRole('button', { name: 'Close' }).click();
    await sheet().waitFor({ state: 'detached' });
    expect(opened()).toBeNull();
  });

  it('opens by a link, and says what became of a key that is gone', async () => {
    const { page, url, app } = on.stage;
    await signIn(page, `${url}?key=${encodeURIComponent(name(FIRST))}`, ADMIN);
    await sheet().getByText('In the pool, chosen for calls').waitFor();
    await app.get(KeyPoolService).remove('openai', keyIdOf(FIRST));
    await sheet().getByText('It may have been deleted').waitFor();
    await sheet().locator('.event', { hasText: 'Deleted' }).waitFor();
    await page.keyboard.press('Escape');
    await sheet().waitFor({ state: 'detached' });
    await page.goto(`${url}?key=nonsense`);
    await page.getByRole('heading', { name: 'Keys', exact: true }).waitFor();
    expect(await sheet().count()).toBe(0);
  });

  it('shows what is spent of its budgets', async () => {
    const { page, url, app } = on.stage;
    const pool = app.get(KeyPoolService);
    for (const key of [SECOND, THIRD]) await pool.disable('openai', keyIdOf(key));
    await pool.update('openai', keyIdOf(FIRST), { budgets: [{ requests: 10, per: 'month' }] });
    for (let n = 0; n < 3; n += 1) await chat(on.stage);
    await signIn(page, `${url}?key=${encodeURIComponent(name(FIRST))}`, VIEWER);
    await section('Budgets').getByRole('img', { name: '30 % spent' }).waitFor();
  });

  it("tells why it is out, in the vendor's words, what it was before, and what its calls used", async () => {
    const { page, url, simulator, app } = on.stage;
    for (const key of [SECOND, THIRD]) await app.get(KeyPoolService).disable('openai', keyIdOf(key));
    await chat(on.stage);
    await chat(on.stage, 'made-up-model');
    await signIn(page, `${url}?key=${encodeURIComponent(name(FIRST))}`, VIEWER);
    const use = section('Use and cost');
    await use.getByText('2 answered calls').waitFor();
    await use.getByRole('row', { name: /made-up-model 1 .*unknown/ }).waitFor();
    expect(await use.innerText()).not.toContain('$0.00');
    simulator.openai.key(FIRST, { kind: 'exhausted' });
    await chat(on.stage);
    await sheet()
      .locator('.key-why', { hasText: 'No quota' })
      .getByText(/You exceeded your current quota/)
      .waitFor();
    await sheet().locator('.key-why').getByText('re-check').waitFor();
    const states = section('States').locator('.key-history li');
    await states.first().getByText('No quota').waitFor();
    expect((await states.allInnerTexts()).map((text) => text.split('\n')[0])).toEqual([
      ...['No quota', 'Healthy', 'Unchecked'],
    ]);
    await sheet().locator('.event', { hasText: 'Healthy → No quota' }).waitFor();
    // A viewer reads, and is told why no more.
    expect(
      await sheet()
        .getByRole('button', { name: /^Delete.*needs the admin token/ })
        .count(),
    ).toBe(1);
    expect(await page.content()).not.toContain(FIRST);
  });

  it('changes label, weight, tier and limits, naming what is wrong, and shows what is left', async () => {
    const { page, url, app } = on.stage;
    await signIn(page, `${url}?key=${encodeURIComponent(name(FIRST))}`, ADMIN);
    await sheet().getByLabel('Weight').fill('none');
    await sheet().getByRole('button', { name: 'Save changes' }).click();
    await sheet().getByText('Enter a number above 0, up to 1,000.').waitFor();
    await sheet().getByLabel('Weight').fill('2.5');
    await sheet().getByLabel('Label').fill('team-x');
    await sheet().getByLabel('Tier').fill('3');
    await sheet().getByLabel('Calls a day').fill('1,000');
    await sheet().getByRole('button', { name: 'Save changes' }).click();
    await sheet().locator('.toast', { hasText: 'is changed' }).waitFor();
    expect(app.get(KeyPoolService).get('openai', keyIdOf(FIRST))).toMatchObject({
      ...{ label: 'team-x', weight: 2.5, tier: 3, limits: { requestsPerDay: 1_000 } },
    });
    await section('Account and limits').getByText('1,000 of 1,000 left').waitFor();
    await sheet().locator('.event', { hasText: 'Administrator changed a key' }).waitFor();
    await sheet().getByLabel('Calls a day').fill('');
    await sheet().getByRole('button', { name: 'Save changes' }).click();
    await section('Account and limits').getByText('No limit is set').waitFor();
    expect(app.get(KeyPoolService).get('openai', keyIdOf(FIRST))!.limits).toBeUndefined();
  });

  const own = (): ReturnType<KeyPoolService['get']> => on.stage.app.get(KeyPoolService).get('openai', keyIdOf(FIRST));
  const save = (): Promise<void> => sheet().getByRole('button', { name: 'Save changes' }).click();
  const saved = async (): Promise<void> => {
    await sheet().getByRole('button', { name: 'Undo' }).waitFor({ state: 'detached' });
  };

  it('gives it an end and takes that away, and knows half an end and one that is past', async () => {
    const { page, url, app } = on.stage;
    await signIn(page, `${url}?key=${encodeURIComponent(name(FIRST))}`, ADMIN);
    const ends = sheet().getByLabel('Ends');
    await ends.fill('2020-01-31T12:00');
    await save();
    await sheet().getByText('Enter a time to come.').waitFor();
    expect(own()!.expiresAt).toBeUndefined();
    await ends.fill('2099-01-31T12:30');
    await save();
    await saved();
    const local = await page.evaluate(() => new Date('2099-01-31T12:30').toISOString());
    expect(own()!.expiresAt?.toISOString()).toBe(local);
    await sheet().getByText('ends 31 Jan').waitFor();
    // A month alone is no value to the browser, and no reason to take the end away.
    await ends.press('Delete');
    await save();
    await sheet().getByText('Enter a whole day and time').waitFor();
    expect(own()!.expiresAt?.toISOString()).toBe(local);
    await sheet().getByRole('button', { name: 'Undo' }).click();
    await sheet().getByRole('button', { name: 'Remove the end' }).click();
    expect(await ends.evaluate((field) => field === document.activeElement)).toBe(true);
    await save();
    await saved();
    expect(own()!.expiresAt).toBeUndefined();
    expect(app.get(KeyPoolService).get('openai', keyIdOf(FIRST))!.status).toBe('healthy');
  });

  it('adds, changes and removes its budgets by the keyboard, and says at its field what the server finds wrong', async () => {
    const { page, url, app } = on.stage;
    await signIn(page, `${url}?key=${encodeURIComponent(name(FIRST))}`, ADMIN);
    const budget = (number: number): Locator => sheet().getByRole('group', { name: `Budget ${number}` });
    const budgets = async (): Promise<unknown> => {
      const answer = await fetch(url.replace('dashboard', `admin/providers/openai/keys/${keyIdOf(FIRST)}`), {
        headers: { Authorization: `Bearer ${ADMIN}` },
      });
      return ((await answer.json()) as { own_budgets: unknown }).own_budgets;
    };
    await sheet().getByRole('button', { name: 'Add a budget' }).focus();
    await page.keyboard.press('Enter');
    // The amount has the focus.
    await budget(1).locator('input:focus').waitFor();
    await page.keyboard.type('12.50');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    // From the day; a name that is typed slowly would begin anew with each letter.
    await page.keyboard.press('ArrowDown');
    await budget(1).getByLabel('Period').locator('option:checked', { hasText: 'month' }).waitFor({ state: 'attached' });
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('Europe/Paris');
    await page.keyboard.press('Enter');
    await saved();
    expect(await budgets()).toEqual([{ usd: 12.5, per: 'month', time_zone: 'Europe/Paris' }]);
    await section('Budgets').getByText('$0.00 of $12.50').waitFor();

    // The same again: only the server knows that.
    await sheet().getByRole('button', { name: 'Add a budget' }).click();
    await budget(2).getByLabel('Amount').fill('0');
    await budget(2).getByLabel('Period').selectOption('month');
    await budget(2).getByLabel('Time zone').fill('Europe/Paris');
    await save();
    await budget(2).getByText('Enter a number above 0.').waitFor();
    await budget(2).getByLabel('Amount').fill('5');
    await save();
    await budget(2).getByText('counts the same as budget 1: leave one of the two out').waitFor();
    await budget(2).getByLabel('Unit').selectOption('requests');
    await save();
    await saved();
    expect(await budgets()).toEqual([
      { usd: 12.5, per: 'month', time_zone: 'Europe/Paris' },
      { requests: 5, per: 'month', time_zone: 'Europe/Paris' },
    ]);

    await sheet().getByRole('button', { name: 'Remove budget 1' }).focus();
    await page.keyboard.press('Enter');
    expect(await sheet().locator('.budget-row').count()).toBe(1);
    await save();
    await saved();
    expect(await budgets()).toEqual([{ requests: 5, per: 'month', time_zone: 'Europe/Paris' }]);
    // The server's word on a field that the form cannot judge stands at the field, too.
    const refused = { field: 'budgets.0.time_zone', problem: 'must be a time zone of the IANA database' };
    await page.route('**/keys/*', (route) =>
      route.request().method() === 'PATCH'
        ? route.fulfill({ status: 400, json: { message: 'No.', problems: [refused] } })
        : route.continue(),
    );
    await budget(1).getByLabel('Amount').fill('6');
    await save();
    await budget(1).getByText(refused.problem).waitFor();
    expect(await budget(1).getByLabel('Time zone').getAttribute('aria-invalid')).toBe('true');
    expect(app.get(KeyPoolService).get('openai', keyIdOf(FIRST))!.budgets).toMatchObject([{ limit: 5 }]);
  });

  it('disables, enables and deletes from there, after a question', async () => {
    const { page, url, app } = on.stage;
    await signIn(page, `${url}?key=${encodeURIComponent(name(FIRST))}`, ADMIN);
    await sheet().getByRole('button', { name: 'Disable' }).click();
    await sheet().locator('.key-why', { hasText: 'Disabled' }).waitFor();
    await sheet().getByRole('button', { name: 'Enable' }).click();
    await sheet().locator('.key-why', { hasText: 'Healthy' }).waitFor();
    await sheet().getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete key' }).waitFor();
    await page.keyboard.press('Escape');
    // Only the question is closed.
    await page.getByRole('button', { name: 'Delete key' }).waitFor({ state: 'detached' });
    await sheet().getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete key' }).click();
    await sheet().getByText('It may have been deleted').waitFor();
    expect(app.get(KeyPoolService).get('openai', keyIdOf(FIRST))).toBeUndefined();
  });

  it('shows failed calls with the words of the vendor, filters them, and leads to the key', async () => {
    const { page, url, simulator } = on.stage;
    for (const key of [FIRST, SECOND, THIRD]) simulator.openai.key(key, { kind: 'exhausted' });
    await chat(on.stage, 'gpt-5');
    await signIn(page, url, ADMIN);
    const panel = page.locator('.failed-calls');
    const call = panel.locator('tbody tr', { hasText: 'You exceeded your current quota' });
    await call.waitFor();
    expect(await call.innerText()).toMatch(/quota exceeded\s+HTTP 429, NO_HEALTHY_KEYS\s+gpt-5\s/);
    await panel.getByLabel('Outcome of failed calls').selectOption('timeout');
    await panel.getByText('No failed call matches.').waitFor();
    expect(page.url()).toContain('failed_by=timeout');
    await panel.getByRole('button', { name: 'Show all' }).click();
    await call.getByRole('link').click();
    await sheet().locator('.key-why', { hasText: 'No quota' }).waitFor();
    const html = await page.content();
    for (const key of [FIRST, SECOND, THIRD]) expect(html).not.toContain(key);
    expect(html).not.toContain('Hello');
  });
});

describeInChromium('failed calls that are not kept', () => {
  it('says so, and which setting keeps them', async () => {
    const browser = await launch();
    const stage = await Stage.open(browser, buildDashboard('failed-calls-off'), { failedCalls: false });
    await signIn(stage.page, stage.url, ADMIN);
    await stage.page.locator('.failed-calls').getByText('the option failedCalls is false').waitFor();
    expect(await stage.page.locator('.failed-calls select').count()).toBe(0);
    await stage.close();
    await browser.close();
  });
});
