import type { INestApplication } from '@nestjs/common';
import { buildDashboard } from './build';
import { ADMIN, startRealApp, VIEWER } from './real-app';

const folder = buildDashboard('serving');

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

let app: INestApplication;
afterEach(() => app.close());

describe.each([
  { adapter: 'express', withHelmet: false, globalPrefix: undefined },
  { adapter: 'express', withHelmet: true, globalPrefix: 'internal/api' },
  { adapter: 'fastify', withHelmet: false, globalPrefix: undefined },
  { adapter: 'fastify', withHelmet: true, globalPrefix: 'internal/api' },
] as const)('served by $adapter, helmet: $withHelmet, prefix: $globalPrefix', (settings) => {
  let origin: string;
  const prefix = settings.globalPrefix ? `/${settings.globalPrefix}` : '';
  beforeEach(async () => {
    ({ app, origin } = await startRealApp({ folder, ...settings }));
  });

  it('answers the page with strict headers, to anyone', async () => {
    const page = await fetch(`${origin}${prefix}/dashboard`);
    expect(page.status).toBe(200);
    expect(Object.fromEntries(page.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': CSP,
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    expect(await page.text()).not.toMatch(/<style|style="| on[a-z]+="|https?:\/\/(?!www\.w3\.org)/);
  });

  it.each(['', '/'])('finds its files from /dashboard%s', async (slash) => {
    const url = `${origin}${prefix}/dashboard${slash}`;
    const page = await fetch(url);
    // Fastify tells the two apart, and knows only the one without.
    if (page.status === 404) return expect(settings.adapter).toBe('fastify');
    const links = [...(await page.text()).matchAll(/(?:href|src)="([^"]*dashboard\/assets\/[^"]+)"/g)];
    expect(links).toHaveLength(2);
    for (const [, link] of links) {
      const asset = await fetch(new URL(link!, url));
      expect(asset.status).toBe(200);
      expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(asset.headers.get('content-type')).toMatch(link!.endsWith('.js') ? /^text\/javascript/ : /^text\/css/);
    }
  });

  it('knows no other files', async () => {
    for (const name of ['manifest.json', 'x.js', '..%2f..%2fpackage.json']) {
      expect((await fetch(`${origin}${prefix}/dashboard/assets/${name}`)).status).toBe(404);
    }
  });

  it('tells a token what it may do, and nobody else anything', async () => {
    const session = (token?: string): Promise<Response> =>
      fetch(`${origin}${prefix}/dashboard/session`, { headers: token ? { Authorization: `Bearer ${token}` } : {} });
    expect((await session()).status).toBe(401);
    expect((await session('x'.repeat(20))).status).toBe(401);
    expect(await (await session(VIEWER)).json()).toEqual({
      role: 'viewer',
      providers: ['openai', 'anthropic', 'google'],
      vendors: {
        openai: { name: 'openai', label: 'OpenAI' },
        anthropic: { name: 'anthropic', label: 'Anthropic' },
        google: { name: 'google', label: 'Google' },
      },
    });
    expect(await (await session(ADMIN)).json()).toMatchObject({ role: 'admin' });
    const figures = await fetch(`${origin}${prefix}/dashboard/figures?window=30d`, {
      headers: { Authorization: `Bearer ${VIEWER}` },
    });
    expect(await figures.json()).toMatchObject({ system_info: { store: 'memory' }, providers: {} });
  });
});

it('tells of which vendor the keys of a provider are', async () => {
  const keys = ['a-key-of-nobody-01'];
  let origin: string;
  ({ app, origin } = await startRealApp({
    folder,
    options: {
      startupCheckTimeoutMs: 0,
      providers: {
        'second-pool': { vendor: 'azure', baseUrl: 'http://127.0.0.1:9', keys },
        acme: { vendor: { name: 'acme', label: 'Acme <AI>' }, baseUrl: 'http://127.0.0.1:9', keys },
        plain: { baseUrl: 'http://127.0.0.1:9', keys },
      },
    },
  }));
  const answer = await fetch(`${origin}/dashboard/figures?window=30d`, {
    headers: { Authorization: `Bearer ${VIEWER}` },
  });
  expect(((await answer.json()) as { providers: unknown }).providers).toMatchObject({
    'second-pool': { vendor: { name: 'azure', label: 'Azure OpenAI' } },
    acme: { vendor: { name: 'acme', label: 'Acme <AI>' } },
    plain: { vendor: { name: 'plain', label: 'plain' } },
  });
});

it('says what to do where the page was not built', async () => {
  let origin: string;
  ({ app, origin } = await startRealApp({ folder: '/nonexistent' }));
  for (const path of ['dashboard', 'dashboard/assets/app.js']) {
    const answer = await fetch(`${origin}/${path}`);
    expect([answer.status, await answer.text()]).toEqual([503, 'The dashboard is not built. Run: npm run build\n']);
  }
});

it("asks a host's own authorisation, and needs no token then", async () => {
  let origin: string;
  const authorize = (_request: unknown, role: string): boolean => role === 'viewer';
  ({ app, origin } = await startRealApp({ folder, options: { admin: { authorize } } }));
  expect(await (await fetch(`${origin}/dashboard`)).text()).toContain('data-access="host"');
  expect(await (await fetch(`${origin}/dashboard/session`)).json()).toMatchObject({ role: 'viewer' });
});

it('is not there without the admin API', async () => {
  let origin: string;
  ({ app, origin } = await startRealApp({ folder, options: { admin: false } }));
  expect((await fetch(`${origin}/dashboard`)).status).toBe(404);
});
