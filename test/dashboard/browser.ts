import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

/** The browser tests run where Debian's chromium is, and say so where it is not. */
export function describeInChromium(name: string, tests: () => void): void {
  if (existsSync(CHROMIUM)) describe(name, tests);
  else {
    console.log(`Skipped: ${name}. There is no ${CHROMIUM}; apt-get install chromium brings it.`);
    describe.skip(name, tests);
  }
}

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

/** What a page must never do, noted as it happens. */
export class Watch {
  readonly violations: string[] = [];
  readonly errors: string[] = [];
  readonly foreign: string[] = [];

  constructor(page: Page) {
    page.on('console', (message) => {
      if (/Content Security Policy|Content-Security-Policy/i.test(message.text())) this.violations.push(message.text());
    });
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('request', (request) => {
      const url = request.url();
      const own =
        request.isNavigationRequest() || url.startsWith('data:') || new URL(url).origin === new URL(page.url()).origin;
      if (!own) this.foreign.push(url);
    });
  }

  expectClean(): void {
    expect(this.violations).toEqual([]);
    expect(this.errors).toEqual([]);
    expect(this.foreign).toEqual([]);
  }
}

export async function signIn(page: Page, url: string, token: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel('Access token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Keys', exact: true }).waitFor();
}
