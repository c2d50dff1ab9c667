import type { Browser, Page } from 'playwright-core';
import type { ProviderFigures } from '../../src/key-management/dashboard/ui/api/types';
import { describeInChromium, launch, signIn } from './browser';
import { buildDashboard } from './build';
import { SAMPLE_ADMIN, SampleServer } from './sample-server';

type RunOut = Pick<ProviderFigures, 'runs_out_at' | 'runs_out_between'>;

const iso = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();

describeInChromium('when keys run out, on the page', () => {
  let browser: Browser;
  let server: SampleServer;
  let page: Page;

  beforeAll(async () => {
    server = await SampleServer.start({ folder: buildDashboard('run-outs'), keys: { openai: 1 } });
    browser = await launch();
  });
  beforeEach(async () => {
    page = await browser.newPage();
  });
  afterEach(() => page.close());
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  it.each<[string, RunOut, RegExp]>([
    [
      'the time',
      { runs_out_at: iso(30), runs_out_between: null },
      /^At the present pace its keys run out .+ \(in 1 d [56] h\)\.$/,
    ],
    [
      'a range',
      { runs_out_at: null, runs_out_between: { earliest: iso(20), latest: iso(50) } },
      /^When its keys run out is not sure yet: between .+ and .+\.$/,
    ],
    [
      'the earliest time alone',
      { runs_out_at: null, runs_out_between: { earliest: iso(20), latest: null } },
      /^When its keys run out is not sure yet: not before .+\.$/,
    ],
    [
      'both',
      { runs_out_at: iso(30), runs_out_between: { earliest: iso(20), latest: iso(30) } },
      /^At the present pace its keys run out .+\. It may be sooner: between .+ and .+\.$/,
    ],
  ])('shows %s, of the provider and in the view of a key', async (_, runOut, text) => {
    const [key] = server.keys.values();
    server.figures.openai = { ...server.figures.openai!, ...runOut };
    server.keys.set(key!.id, { ...key!, ...runOut });
    await signIn(page, `${server.url}?key=openai/${key!.id}`, SAMPLE_ADMIN);
    const shown = (place: string): Promise<string | null> => page.locator(place).textContent();
    expect(await shown('.key-runs-out')).toMatch(new RegExp(text.source.replace('its keys run', 'it runs')));
    await page.keyboard.press('Escape');
    expect(await shown('.run-out-line')).toMatch(text);
  });

  it('says of a provider of which nothing is known nothing', async () => {
    const nothing = { runs_out_at: null, runs_out_between: null };
    const [key] = server.keys.values();
    server.figures.openai = { ...server.figures.openai!, ...nothing };
    server.keys.set(key!.id, { ...key!, ...nothing });
    await signIn(page, `${server.url}?key=openai/${key!.id}`, SAMPLE_ADMIN);
    await page.getByText('When it runs out is not known, or it does not at the present pace.').waitFor();
    expect(await page.locator('.run-out-line').count()).toBe(0);
  });
});
