import type { Browser } from 'playwright-core';
import { launch } from './browser';
import { buildDashboard } from './build';
import { Stage } from './stage';

/**
 * For the suite in which it is called: one browser for all of its tests, and an app, a simulator and a page for each.
 * @param name Of the folder that the pages are built into.
 */
export function useStage(name: string): { readonly stage: Stage; readonly folder: string } {
  const folder = buildDashboard(name);
  const on = { folder } as { stage: Stage; readonly folder: string };
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    on.stage = await Stage.open(browser, folder);
  });
  // Closing looks for violations of the policy, too.
  afterEach(() => on.stage.close());
  return on;
}
