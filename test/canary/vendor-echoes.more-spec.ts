import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Controller, Get, Module } from '@nestjs/common';
import { context, trace } from '@opentelemetry/api';
import { KeyPoolService, ManagedFetchService, RetryExecutorService, type CallContext } from '../../src/key-management';
import { startApi, VIEWER, type ApiUnderTest } from '../admin/support';
import { SseClient } from '../events/sse-client';
import { fakeKey } from '../simulator';
import { recordingSdk } from '../support/recording-sdk';
import { EchoingVendor, ENDING, FORMS, KINDS, WALKING } from './echoing-vendor';
import { describeLeak, Recorder } from './recorder';
import { SecretSet } from './scan/find-leaks';
import { CALLS, PROVIDERS } from './sdk-calls';

const KEYS = { openai: 220, anthropic: 80, google: 80 };

@Controller('host')
class HostController {
  constructor(private readonly executor: RetryExecutorService) {}

  /** An endpoint that lets the package's error through. */
  @Get('managed')
  managed(): Promise<unknown> {
    return this.executor.executeOrThrow('openai', (call) => CALLS.openai![1](call, vendor.origin), { maxRetries: 0 });
  }

  /** One that lets the SDK's own error through. */
  @Get('raw')
  raw(): Promise<unknown> {
    return CALLS.openai![1]({ apiKey: keys.openai[0]! } as CallContext, vendor.origin);
  }
}

@Module({ controllers: [HostController] })
class HostModule {}

const keys = Object.fromEntries(
  PROVIDERS.map((name) => [name, Array.from({ length: KEYS[name] }, (_, n) => fakeKey(name, 8_000 + n))]),
) as Record<(typeof PROVIDERS)[number], string[]>;
let vendor: EchoingVendor;
let api: ApiUnderTest;
let folder: string;
let seen: Recorder;
const known = new SecretSet();
let live: SseClient;
let spans: ReturnType<typeof recordingSdk>['spans'];

beforeAll(async () => {
  seen = new Recorder();
  for (const key of Object.values(keys).flat()) {
    seen.secret(key);
    known.add(key);
  }
  folder = await mkdtemp(join(tmpdir(), 'akm-echoes-'));
  vendor = await EchoingVendor.start();
  ({ spans } = recordingSdk());
  api = await startApi({
    imports: [HostModule],
    options: {
      providers: Object.fromEntries(PROVIDERS.map((name) => [name, { keys: keys[name], baseUrl: vendor.origin }])),
      healthCheckDepth: 'light',
      // Every key is let in before the vendor begins to repeat them.
      startupCheckTimeoutMs: 30_000,
      store: { kind: 'file', path: folder },
    },
  });
  const url = `${await api.app.getUrl()}/admin/events/stream`;
  live = await SseClient.open(url.replace('[::1]', '127.0.0.1'), { authorization: `Bearer ${VIEWER}` });
});
afterAll(async () => {
  await api.app.close();
  await vendor.close();
  await rm(folder, { recursive: true });
  trace.disable();
  context.disable();
});

const expectNoLeak = (): void => {
  seen.flush();
  expect(seen.leaks.map(describeLeak)).toEqual([]);
};

const cases = Object.keys(FORMS).flatMap((form, f) => [
  ...Object.keys(KINDS).map((kind, k) => ({ form, kind, status: ENDING[(f + k) % ENDING.length]!, times: 9 })),
  ...['JSON', 'text'].map((kind, k) => ({ form, kind, status: WALKING[(f + k) % WALKING.length]!, times: 1 })),
]);

it.each(Object.entries(CALLS))(
  'a key that the vendor repeats stays unseen: %s',
  async (name, [provider, call]) => {
    const executor = api.app.get(RetryExecutorService);
    let inCauses = 0;
    let failed = 0;
    const before = vendor.echoes;
    for (const next of cases) {
      vendor.next = { ...next };
      seen.during = `${next.form}, in ${next.kind}, ${next.status}`;
      const result = await executor.execute(provider, (each) => call(each, vendor.origin), { maxRetries: 0 });
      if (result.success) continue;
      failed += 1;
      seen.object('results', result);
      seen.object('errors', result.error);
      const { cause } = result.error;
      const shown = inspect(cause, { depth: 8, showHidden: true });
      // The vendor's error is the caller's own, and stays as it was thrown.
      if (known.find(shown).length > 0) inCauses += 1;
    }
    expect(vendor.echoes - before).toBeGreaterThanOrEqual(cases.length);
    expect(failed).toBeGreaterThan(cases.length / 2);
    expect(inCauses).toBeGreaterThan(name === 'fetch' ? 0 : cases.length / 4);
    expectNoLeak();
  },
  120_000,
);

it('a key that the vendor repeats to a health check or a managed fetch stays unseen', async () => {
  const [first] = api.app.get(KeyPoolService).list('openai');
  for (const next of cases.filter((_, n) => n % 4 === 0)) {
    vendor.next = { ...next };
    const { text } = await api.send('post', `/admin/providers/openai/keys/${first!.id}/check`);
    const added = await api.send('post', '/admin/providers/openai/keys').send({ keys: [`${keys.openai[0]!}x`] });
    seen.output('checks', text + added.text);
    const fetch = api.app.get(ManagedFetchService).for('anthropic', { maxRetries: 0 });
    // Its answer is the vendor's; what it throws is ours.
    await fetch(`${vendor.origin}/v1/messages`, { method: 'POST', body: '{}' }).catch((error: unknown) =>
      seen.object('errors', error),
    );
  }
  expectNoLeak();
});

it('a host that lets errors through shows nothing of it', async () => {
  vendor.next = { form: 'whole', kind: 'JSON', status: 400, times: 9 };
  for (const path of ['/host/managed', '/host/raw']) {
    const { text, headers } = await api.send('get', path);
    seen.output('host', text + JSON.stringify(headers));
  }
  expectNoLeak();
});

it('and what the app tells of all that does not show it', async () => {
  const paths = PROVIDERS.flatMap((name) => [`/analytics/${name}`, `/admin/providers/${name}/keys?limit=500`]);
  for (const path of ['/health/keys', '/health', '/health/ready', '/admin/events?limit=500', '/metrics', ...paths]) {
    const { text, headers, status } = await api.send('get', path);
    // Few keys are left by now, and /health says so.
    expect([200, 503]).toContain(status);
    seen.output(path, text + JSON.stringify(headers));
  }
  expect(live.messages.length).toBeGreaterThan(10);
  seen.object('live events', live.messages);
  // SDKs make spans too, of which they say what they like.
  const ours = spans.filter(({ name }) => name.startsWith('ai_keys.'));
  expect(ours.length).toBeGreaterThan(100);
  for (const span of ours) seen.output('spans', JSON.stringify(span));
  for (const snapshot of api.app.get(KeyPoolService).list()) seen.output('snapshots', inspect(snapshot));
  expectNoLeak();
  expect(seen.counts.channels).toHaveProperty(['/health/keys']);
});
