import { KeyPoolService, keyIdOf, ManagedFetchService } from '../../src/key-management';
import { describeInChromium, signIn } from './browser';
import { ADMIN, startRealApp, VIEWER } from './real-app';
import { FIRST, SECOND } from './stage';
import { useStage } from './use-stage';

describeInChromium('using the dashboard of a real app', () => {
  const on = useStage('using');

  it('refuses a wrong token in plain words, and keeps a good one for the tab only', async () => {
    const { page, url } = on.stage;
    await page.goto(url);
    await page.getByLabel('Access token').fill('not-the-right-token');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'This token is not valid' }).waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);

    await page.getByLabel('Access token').fill(ADMIN);
    await page.keyboard.press('Enter');
    await on.stage.row(FIRST).waitFor();
    await page.reload();
    await on.stage.row(FIRST).waitFor();
    expect(await page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toContain(ADMIN);

    const other = await on.stage.context.newPage();
    await other.goto(url);
    await other.getByLabel('Access token').waitFor();
    await other.close();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Access token').waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });

  it('lets a viewer see everything and says why nothing can be changed', async () => {
    const { page, url } = on.stage;
    await signIn(page, url, VIEWER);
    await on.stage.row(FIRST).waitFor();
    const add = page.locator('.top-bar').getByRole('button', { name: /^Add keys.*signed in as a viewer/ });
    expect(await add.getAttribute('aria-disabled')).toBe('true');
    await add.click({ force: true });
    await on.stage
      .row(FIRST)
      .getByRole('button', { name: /^Delete.*viewer/ })
      .click({ force: true });
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.getByRole('button', { name: 'Configuration' }).click();
    expect(await page.getByLabel('Retries of a call').getAttribute('readonly')).not.toBeNull();
  });

  it('says whether calls that belong to an account meet it', async () => {
    const { page, url, app, simulator } = on.stage;
    const fetch = app.get(ManagedFetchService).for('openai', { affinity: 'conversation-1' });
    for (let turn = 0; turn < 3; turn += 1) {
      const body = JSON.stringify({ model: 'gpt-5', messages: [{ role: 'user', content: 'Hello!' }] });
      await (await fetch(`${simulator.openai.baseUrl}/v1/chat/completions`, { method: 'POST', body })).text();
    }
    await signIn(page, url, VIEWER);
    await page.getByText('Affinity, this instance since its start: 3 calls kept to their account, 0 moved.').waitFor();
  });

  it('says that the connection is lost, marks what is old, and recovers by itself', async () => {
    const { page, app, simulator, url } = on.stage;
    await signIn(page, url, ADMIN);
    await on.stage.live();
    await on.stage.proxy.cut();
    await page.getByText('The connection is lost.').waitFor();
    await page.getByText(/Next try in \d+ s/).waitFor();
    await page.locator('main.stale').waitFor();

    simulator.openai.key(FIRST, { kind: 'invalid' });
    await app.get(KeyPoolService).disable('openai', keyIdOf(SECOND));
    await on.stage.proxy.mend();
    await on.stage.live();
    await on.stage.row(SECOND).getByText('Disabled', { exact: true }).waitFor();
    expect(await page.locator('.banner').count()).toBe(0);
    expect(await page.locator('main.stale').count()).toBe(0);
  });

  it('works by keyboard alone', async () => {
    const { page, app, url } = on.stage;
    await page.goto(url);
    await page.getByLabel('Access token').waitFor();
    await page.keyboard.type(ADMIN);
    await page.keyboard.press('Enter');
    await on.stage.row(FIRST).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter'); // the skip link
    const inGrid = (): Promise<boolean> => page.evaluate(() => document.activeElement?.closest('.grid-body') !== null);
    for (let tabs = 0; tabs < 30 && !(await inGrid()); tabs += 1) await page.keyboard.press('Tab');
    expect(await inGrid()).toBe(true);

    await page.keyboard.press('ArrowDown');
    const id = await page.evaluate(() => document.activeElement?.getAttribute('data-key'));
    const pool = app.get(KeyPoolService);
    const focused = (): Promise<string> =>
      page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
    for (let stops = 0; stops < 10 && !(await focused()).startsWith('Disable'); stops += 1)
      await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter'); // disable
    await page.locator(`[data-key="${id}"]`).getByText('Disabled', { exact: true }).waitFor();
    expect(pool.get('openai', id!)).toMatchObject({ status: 'disabled' });

    await page.keyboard.press('Delete');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    for (let tabs = 0; tabs < 5; tabs += 1) {
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.closest('dialog') !== null)).toBe(true);
    }
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await inGrid()).toBe(true);

    await page.keyboard.press('Delete');
    await dialog.waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator(`[data-key="${id}"]`).waitFor({ state: 'detached' });
    await dialog.waitFor({ state: 'detached' });
    expect(await inGrid()).toBe(true);
  });

  it.each(['express', 'fastify'] as const)('works under a prefix on %s', async (adapter) => {
    const { page } = on.stage;
    const started = await startRealApp({ folder: on.folder, adapter, globalPrefix: 'internal/keys', withHelmet: true });
    await page.goto(`${started.origin}/internal/keys/dashboard`);
    await page.getByLabel('Access token').fill(VIEWER);
    await page.keyboard.press('Enter');
    await on.stage.live();
    await page.getByRole('heading', { name: 'No keys yet' }).waitFor();
    await page.goto('about:blank');
    await started.app.close();
  });
});
