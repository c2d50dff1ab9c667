import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { describeInChromium, launch, signIn, Watch } from './browser';
import { buildDashboard } from './build';
import { SAMPLE_ADMIN, SampleServer } from './sample-server';

const KEYS = { openai: 1_300, anthropic: 500, google: 200 };

describeInChromium('2,000 keys in the dashboard', () => {
  const folder = buildDashboard('many-keys');
  let browser: Browser;
  let server: SampleServer;
  let page: Page;
  let watch: Watch;

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    server = await SampleServer.start({ folder, keys: KEYS });
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true });
    context.setDefaultTimeout(20_000);
    page = await context.newPage();
    watch = new Watch(page);
  });
  afterEach(async () => {
    await page.context().close();
    await server.close();
    watch.expectClean();
  });

  const open = async (query = ''): Promise<void> => {
    await signIn(page, server.url + query, SAMPLE_ADMIN);
    await page.locator('.keys .section-head', { hasText: /2,000$/ }).waitFor();
  };
  const bar = () => page.getByRole('toolbar', { name: 'Selected keys' });
  const dialog = () => page.getByRole('dialog');
  const posts = (): string[] => server.requests.filter((each) => each.endsWith('/bulk'));
  const withStatus = (status: string): number =>
    [...server.keys.values()].filter((key) => key.status === status).length;

  it('opens a link with filters, and keeps what is chosen in the address', async () => {
    await open('?provider=openai&status=invalid_key&label=batch&group=account');
    expect(await page.getByLabel('Provider', { exact: true }).inputValue()).toBe('openai');
    expect(await page.getByLabel('Status', { exact: true }).inputValue()).toBe('invalid_key');
    const shown = [...server.keys.values()].filter(
      ({ provider, status, label }) => provider === 'openai' && status === 'invalid_key' && label === 'batch',
    ).length;
    await page.locator('.keys .section-head', { hasText: `${shown} of 2,000` }).waitFor();
    await page.locator('.grid-heading', { hasText: 'No account known' }).waitFor();
    await page.getByLabel('Label', { exact: true }).selectOption('Without a label');
    await page.getByRole('searchbox').fill('incorrect');
    const address = new URLSearchParams({ group: 'account', label: '', provider: 'openai', q: 'incorrect' });
    address.append('status', 'invalid_key');
    await page.waitForURL(({ searchParams }) => {
      const found = new URLSearchParams(searchParams);
      found.sort();
      return found.toString() === address.toString();
    });
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.waitForURL(({ search }) => search === '?group=account');
  });

  it('disables all that match after a question with their number, in few requests, with a result for each', async () => {
    const wanted = withStatus('invalid_key');
    await open('?status=invalid_key');
    await page.getByText(`Select all ${wanted}`).click();
    await bar().getByText(`${wanted} keys selected`).waitFor();
    await bar().getByRole('button', { name: 'Disable' }).click();
    await dialog()
      .getByText(/(?=.*\d+ keys of OpenAI)(?=.*\d+ keys of Anthropic)(?=.*\d+ keys of Google)/)
      .waitFor();
    await dialog().getByRole('button', { name: 'Cancel' }).click();
    expect(posts()).toEqual([]);
    await bar().getByRole('button', { name: 'Disable' }).click();
    await dialog()
      .getByRole('button', { name: `Disable ${wanted} keys` })
      .click();
    await dialog().getByText(`Disabled ${wanted} of ${wanted} keys`).waitFor();
    expect(await dialog().locator('.verdict').count()).toBe(wanted);
    expect(posts()).toHaveLength(3);
    await dialog().getByRole('button', { name: 'Done' }).click();
    expect(withStatus('invalid_key')).toBe(0);
    await page.locator('.keys .section-head', { hasText: '0 of 2,000' }).waitFor();
    expect(await bar().count()).toBe(0);
  });

  it('selects by row, keyboard and group, says what the filter hides, and re-checks in portions', async () => {
    await open('?group=status');
    const heading = page.locator('.grid-heading', { hasText: 'Invalid' });
    await heading.getByRole('checkbox').click();
    await bar()
      .getByText(`${withStatus('invalid_key')} keys selected`)
      .waitFor();
    const row = page.locator('.grid-body [data-key]').first();
    await row.focus();
    await page.keyboard.press('Space');
    await bar()
      .getByText(`${withStatus('invalid_key') - 1} keys selected`)
      .waitFor();
    await row.getByRole('checkbox').click();
    await page.getByLabel('Status', { exact: true }).selectOption('disabled');
    await bar()
      .getByText(`${withStatus('invalid_key')} of them not shown`)
      .waitFor();
    await bar().getByRole('button', { name: 'Re-check' }).click();
    await dialog()
      .getByText(`${withStatus('invalid_key')} invalid`)
      .waitFor();
    await dialog().locator('.verdict', { hasText: 'Incorrect API key provided' }).first().waitFor();
    await dialog().getByRole('button', { name: 'Done' }).click();
  });

  it('deletes what is selected', async () => {
    const wanted = withStatus('disabled');
    await open('?status=disabled');
    await page.getByText(`Select all ${wanted}`).click();
    await bar().getByRole('button', { name: 'Delete' }).click();
    await dialog()
      .getByRole('button', { name: `Delete ${wanted} keys` })
      .click();
    await dialog().getByText(`Deleted ${wanted} of ${wanted} keys`).waitFor();
    await dialog().getByRole('button', { name: 'Done' }).click();
    expect(server.keys.size).toBe(2_000 - wanted);
  });

  it('exports what is selected as CSV and JSON, made in the page', async () => {
    await open('?provider=google');
    await page.getByText('Select all 200').click();
    const before = server.requests.length;
    const save = async (format: string): Promise<string> => {
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        bar().getByRole('button', { name: format }).click(),
      ]);
      expect(file.suggestedFilename()).toMatch(new RegExp(`^keys-\\d{4}-\\d\\d-\\d\\d\\.${format.toLowerCase()}$`));
      return readFileSync(await file.path(), 'utf8');
    };
    const csv = (await save('CSV')).split('\r\n');
    expect(csv).toHaveLength(202);
    expect(csv[0]).toContain('provider,id,masked_key,label,status');
    const json = JSON.parse(await save('JSON')) as Record<string, unknown>[];
    expect(json).toHaveLength(200);
    expect(json.every(({ provider, id }) => provider === 'google' && server.keys.has(String(id)))).toBe(true);
    expect(server.requests.slice(before).filter((each) => each.includes('/keys'))).toEqual([]);
  });

  it('takes a paste of 5,000 keys, with progress and a result for each', async () => {
    await open();
    await page.getByRole('button', { name: 'Add keys', exact: true }).click();
    const keys = Array.from({ length: 5_000 }, (_, n) => `sk-proj-FAKE-FAKE-FAKE-${String(n).padStart(6, '0')}`);
    // At once, as a paste: what the driver types it types line by line.
    await page.getByRole('textbox', { name: 'Keys' }).evaluate((area: HTMLTextAreaElement, text) => {
      area.value = text;
      area.dispatchEvent(new Event('input', { bubbles: true }));
    }, keys.join('\n'));
    await page.getByRole('button', { name: 'Check and add 5,000 keys' }).click();
    await dialog()
      .getByText(/Checking (50|[1-9]\d\d)\d* of 5,000 keys/)
      .waitFor();
    await dialog().getByText('Checked 5000 of 5,000 keys').waitFor({ timeout: 60_000 });
    expect(await dialog().locator('.verdict').count()).toBe(200);
    expect(await dialog().locator('.verdict').first().innerText()).toContain('Refused');
    await dialog()
      .getByRole('button', { name: /^Show 200 more of 4,800/ })
      .click();
    expect(await dialog().locator('.verdict').count()).toBe(400);
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      dialog().getByRole('button', { name: 'Save the 5,000 results as CSV' }).click(),
    ]);
    const csv = readFileSync(await file.path(), 'utf8');
    expect(csv.split('\r\n')).toHaveLength(5_002);
    expect(csv).not.toContain('FAKE-FAKE');
  }, 120_000);

  it('tells of many keys with one fate in one line, which leads to them; events are filtered in the address', async () => {
    await open();
    const healthy = [...server.keys.values()].filter(
      ({ status, provider }) => status === 'healthy' && provider === 'openai',
    );
    for (const key of healthy.slice(0, 284)) server.change(key, 'invalid_key', 'The organization is closed');
    const line = page.locator('.event', { hasText: '284 keys → invalid' });
    await line.waitFor();
    await page.getByLabel('Events of', { exact: true }).selectOption('Administrators');
    await line.waitFor({ state: 'detached' });
    await page.locator('.event', { hasText: 'Administrator added keys' }).waitFor();
    await page.waitForURL(({ searchParams }) => searchParams.get('events') === 'admin');
    await page.getByLabel('Events of', { exact: true }).selectOption('All events');
    await line.getByRole('button', { name: /^Show/ }).click();
    await page.waitForURL(({ search }) => search === '?provider=openai&status=invalid_key');
    await line.getByRole('link').click();
    await page.locator('.sheet').getByText('The organization is closed').first().waitFor();
  });

  /** What the first paint has to make: elements, and requests for keys before the first row is there. */
  async function firstPaint(keys: Record<string, number>): Promise<{ elements: number; lists: number }> {
    const other = await SampleServer.start({ folder, keys });
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const fresh = await context.newPage();
    const startedAt = Date.now();
    await signIn(fresh, other.url, SAMPLE_ADMIN);
    await fresh.locator('.grid-body .grid-row').first().waitFor();
    const ms = Date.now() - startedAt;
    await fresh.locator('.failed-calls tbody tr').first().waitFor();
    const elements = await fresh.evaluate(() => document.querySelectorAll('*').length);
    const lists = other.requests.filter((each) => /^GET .*\/keys$/.test(each)).length;
    const count = Object.values(keys).reduce((sum, each) => sum + each, 0);
    console.log(`${count} keys: first row after ${ms} ms, ${elements} elements, ${lists} lists of keys`);
    await context.close();
    await other.close();
    return { elements, lists };
  }

  it('costs the first paint at most half as much again as 20 keys do', async () => {
    const few = await firstPaint({ openai: 12, anthropic: 5, google: 3 });
    const many = await firstPaint(KEYS);
    expect(many.elements).toBeLessThanOrEqual(1.5 * few.elements);
    // One for each 500 keys of a provider, and once more where the stream of changes opens only after the first.
    const pages = Object.values(KEYS).reduce((sum, count) => sum + Math.ceil(count / 500), 0);
    expect(many.lists).toBeGreaterThanOrEqual(3);
    expect(many.lists).toBeLessThanOrEqual(2 * pages);
  });
});
