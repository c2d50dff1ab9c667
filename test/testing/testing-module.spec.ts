import { Injectable, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import OpenAI from 'openai';
import {
  AttemptsExhaustedError,
  BaseHealthChecker,
  CallRejectedError,
  HealthChecker,
  HealthCheckerRegistry,
  InjectManagedFetch,
  KeyManagementModule,
  KeyManagerService,
  KeyPoolService,
  ManagedFetchService,
  NoHealthyKeysError,
  OnKeyEvent,
  RetryExecutorService,
  type HealthResult,
  type KeyChangeEvent,
  type ManagedFetch,
} from '../../src/key-management';
import {
  KeyManagementTestingModule,
  UnscriptedCallError,
  VendorScript,
  type KeyManagementTestingOptions,
  type ScriptedOutcome,
} from '../../src/key-management/testing';
import { BUILT_IN_VENDORS } from '../../src/key-management/vendors';

/** A service as a user writes it. */
@Injectable()
class ChatService {
  readonly removed: string[] = [];
  readonly #openai: OpenAI;

  constructor(@InjectManagedFetch('openai') fetch: ManagedFetch) {
    this.#openai = new OpenAI({ apiKey: 'managed', fetch });
  }

  async ask(content: string): Promise<string | null> {
    const answer = await this.#openai.chat.completions.create({
      model: 'gpt-5-mini',
      messages: [{ role: 'user', content }],
    });
    return answer.choices[0]!.message.content;
  }

  async *stream(content: string): AsyncGenerator<string> {
    const parts = await this.#openai.chat.completions.create({
      model: 'gpt-5-mini',
      messages: [{ role: 'user', content }],
      stream: true,
    });
    for await (const part of parts) yield part.choices[0]?.delta.content ?? '';
  }

  @OnKeyEvent('key_removed')
  heard({ keyId }: KeyChangeEvent): void {
    this.removed.push(keyId);
  }
}

@HealthChecker('acme')
class AcmeChecker extends BaseHealthChecker {
  probes = 0;

  checkHealth(): Promise<HealthResult> {
    this.probes += 1;
    return fetch('https://acme.example/v1/me').then(() => ({ outcome: 'ok' }));
  }

  classifyError({ httpStatus }: { httpStatus?: number }): HealthResult {
    return { outcome: httpStatus === 402 ? 'quota_exceeded' : 'unknown' };
  }
}

let app: TestingModule;
let script: VendorScript;
/** Whatever would leave the process. */
let sent: jest.SpiedFunction<typeof fetch>;
const printed: string[] = [];

async function start(options?: KeyManagementTestingOptions): Promise<void> {
  app = await Test.createTestingModule({
    imports: [KeyManagementTestingModule.forRoot(options)],
    providers: [ChatService],
  }).compile();
  await app.init();
  script = app.get(VendorScript);
}

beforeEach(() => {
  sent = jest.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('the network was used'));
  for (const stream of [process.stdout, process.stderr])
    jest.spyOn(stream, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
});

afterEach(async () => {
  await app.close();
  jest.restoreAllMocks();
  expect(printed.splice(0)).toEqual([]);
});

const statuses = (provider: string): Record<string, string> =>
  Object.fromEntries(
    app
      .get(KeyPoolService)
      .list(provider)
      .map(({ id, status }) => [id, status]),
  );

const post = (url: string, body: unknown): [string, RequestInit] => [
  url,
  { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
];
const chat = post('https://api.openai.com/v1/chat/completions', { model: 'gpt-5-mini', messages: [] });
const executor = (): RetryExecutorService => app.get(RetryExecutorService);

describe('an app on scripted vendors', () => {
  afterEach(() => expect(sent).not.toHaveBeenCalled());

  it('rotates a dead key, tells its listeners, and answers by the next one', async () => {
    await start();
    script.for('openai').next('invalid_key', { text: 'Hello there' });
    await expect(app.get(ChatService).ask('Hi')).resolves.toBe('Hello there');
    const [dead, good] = script.calls.map(({ keyId }) => keyId);
    expect(statuses('openai')).toEqual({ [dead!]: 'invalid_key', [good!]: 'healthy' });
    expect(app.get(ChatService).removed).toEqual([dead]);
    expect(script.pending).toBe(0);
    expect(script.calls).toEqual([
      expect.objectContaining({ provider: 'openai', keyId: dead, status: 401 }),
      expect.objectContaining({ keyId: good, status: 200 }),
    ]);
    expect(script.for('openai').key(good!).calls).toEqual([
      {
        provider: 'openai',
        keyId: good,
        method: 'POST',
        path: '/v1/chat/completions',
        model: 'gpt-5-mini',
        stream: false,
        body: { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hi' }] },
        status: 200,
      },
    ]);
  });

  it('streams a scripted text in several parts, and rotates before the first of them', async () => {
    await start();
    script.for('openai').next('quota_exceeded', { text: 'One two three' });
    const parts: string[] = [];
    for await (const part of app.get(ChatService).stream('Count')) if (part !== '') parts.push(part);
    expect(parts).toEqual(['One', ' two', ' three']);
    expect(Object.values(statuses('openai')).sort()).toEqual(['healthy', 'quota_exceeded']);
  });

  it('answers a function of the user by the fetch of its context', async () => {
    await start();
    script.for('anthropic').always({ json: { said: 'yes' }, headers: { 'x-test': '1' } });
    const result = await executor().executeOrThrow('anthropic', async ({ fetch }) => {
      const response = await fetch(...post('https://api.anthropic.com/v1/messages', { model: 'claude' }));
      return [response.headers.get('x-test'), await response.json()];
    });
    expect(result).toEqual(['1', { said: 'yes' }]);
    await expect(executor().executeOrThrow('anthropic', () => Promise.resolve('own'))).resolves.toBe('own');
  });

  it('takes answers of one key before those of all, and the lasting ones last', async () => {
    await start({ providers: { openai: { keys: ['a', { id: 'b', tier: 1 }] } } });
    const openai = script.for('openai').always({ text: 'for all' });
    openai.key('a').next({ text: 'for a' });
    openai.key('b').always({ text: 'for b' });
    const chats = app.get(ChatService);
    expect([await chats.ask('1'), await chats.ask('2')]).toEqual(['for a', 'for all']);
    await app.get(KeyPoolService).disable('openai', 'a');
    await expect(chats.ask('3')).resolves.toBe('for b');
    expect(() => openai.key('c')).toThrow('openai has no key "c" in this test. Its keys: a, b.');
    expect(() => script.for('opnai')).toThrow('This test has no provider "opnai", only openai.');
  });

  it('refuses a call without an answer, in words that say what to script', async () => {
    await start();
    const result = await executor().execute('google', ({ fetch }) =>
      fetch('https://generativelanguage.googleapis.com/v1'),
    );
    expect(result).toMatchObject({ success: false, attemptsMade: 1 });
    const { error } = result as { error: Error };
    expect(error).toBeInstanceOf(CallRejectedError);
    expect(error.cause).toBeInstanceOf(UnscriptedCallError);
    expect((error.cause as Error).message).toBe(
      "The test has no answer to GET /v1 with the key \"key-1\" of google, and nothing is sent. Script one: script.for('google').next('ok'), or .always('ok') for every call.",
    );
    const managed = app.get(ManagedFetchService).for('openai');
    await expect(managed(...chat)).rejects.toThrow(UnscriptedCallError);
    expect(statuses('google')).toEqual({ 'key-1': 'healthy', 'key-2': 'healthy' });
  });

  it('takes functions, errors and responses, each as often as it is asked', async () => {
    await start({ providers: { openai: { keys: 1 } }, maxRetries: 0 });
    const openai = script.for('openai');
    const managed = app.get(ManagedFetchService).for('openai');
    openai.always(new Response('as it is', { headers: { 'content-type': 'text/plain' } }));
    expect([await (await managed(...chat)).text(), await (await managed(...chat)).text()]).toEqual([
      'as it is',
      'as it is',
    ]);
    openai.next(({ model }) => ({ json: { model } }));
    await expect((await managed(...chat)).json()).resolves.toEqual({ model: 'gpt-5-mini' });
    openai.next(Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } }));
    await expect(managed(...chat)).rejects.toThrow(TypeError);
    openai.next(async () => new Promise(() => undefined));
    await expect(app.get(ManagedFetchService).for('openai', { timeoutMs: 20 })(...chat)).rejects.toThrow(/time/i);
  });

  it('takes calls to a gateway that the test does not name', async () => {
    await start();
    script.for('openai').next({ text: 'by the gateway' });
    const managed = app.get(ManagedFetchService).for('openai');
    const answer = await managed('http://gateway.internal/ai/v1/chat/completions', chat[1]);
    expect(await answer.text()).toContain('by the gateway');
    await expect(managed('https://user:pw@gateway.internal/v1/models')).rejects.toThrow('A URL with credentials');
  });

  it('plays a stream that breaks in its middle', async () => {
    await start();
    script.for('openai').next({
      stream: (function* () {
        yield { choices: [{ delta: { content: 'Hel' } }] };
        throw new Error('the connection broke');
      })(),
    });
    const parts: string[] = [];
    const all = (async () => {
      for await (const part of app.get(ChatService).stream('Hi')) parts.push(part);
    })();
    await expect(all).rejects.toThrow('the connection broke');
    expect(parts).toEqual(['Hel']);
  });

  it('ends as the real module does where every key is dead, limited or refused', async () => {
    await start();
    const call = (provider: string): Promise<Error> =>
      executor()
        .executeOrThrow(provider, ({ fetch }) => fetch(...chat), { maxWaitMs: 0 })
        .then(
          () => new Error('it succeeded'),
          (error: unknown) => error as Error,
        );
    script.for('openai').always('invalid_key');
    expect(await call('openai')).toBeInstanceOf(NoHealthyKeysError);
    script.for('anthropic').always({ outcome: 'rate_limited', retryAfterMs: 60_000 });
    const limited = await call('anthropic');
    expect(limited).toMatchObject({ code: 'NO_HEALTHY_KEYS', retryAfterMs: expect.any(Number) });
    expect((limited as NoHealthyKeysError).retryAfterMs).toBeGreaterThan(59_000);
    script.for('google').always('server_error');
    expect(await call('google')).toBeInstanceOf(AttemptsExhaustedError);
  });

  it('probes by the script: a dead key returns when it is well again', async () => {
    await start({ providers: { openai: { keys: ['a', 'b'] } } });
    script.for('openai').key('a').probes('invalid_key');
    const manager = app.get(KeyManagerService);
    await manager.forceHealthCheck('openai');
    expect(statuses('openai')).toEqual({ a: 'invalid_key', b: 'healthy' });
    script.for('openai').key('a').probes('ok');
    await manager.forceHealthCheck('openai');
    expect(statuses('openai')).toEqual({ a: 'healthy', b: 'healthy' });
    script.for('openai').probes('quota_exceeded');
    const added = await manager.addNewKeys('openai', ['sk-proj-one-more-key-for-this-very-test-0001']);
    expect(added).toMatchObject({ healthyKeysAdded: 0, rejected: [{ outcome: 'quota_exceeded' }] });
  });

  it('never asks the network of a checker of the user, whose errors count', async () => {
    app = await Test.createTestingModule({
      imports: [KeyManagementTestingModule.forRoot()],
      providers: [AcmeChecker],
    }).compile();
    await app.init();
    script = app.get(VendorScript);
    // The app knows this provider by its checker alone.
    await app
      .get(KeyManagerService)
      .addNewKeys('acme', ['acme-0000000000000001', { key: 'acme-0000000000000002', id: 'b' }]);
    script.for('acme').next('quota_exceeded').always({ json: {} });
    const result = await executor().execute('acme', ({ fetch }) => fetch('https://acme.example/v1/work'));
    expect(result.attempts.map(({ outcome }) => outcome)).toEqual(['quota_exceeded', 'ok']);
    expect(script.calls.map(({ status }) => status)).toEqual([402, 200]);
    expect(app.get(AcmeChecker).probes).toBe(0);
    script.for('acme').key('b').next('invalid_key');
    const refused = await executor().execute('acme', ({ fetch }) => fetch('https://acme.example/v1/work'));
    expect((refused as { error: Error }).error.cause).toMatchObject({
      message: expect.stringContaining('health checker of acme takes for invalid_key'),
    });
  });

  it('shows no key in the calls, wherever the request has it', async () => {
    await start();
    script.for('google').always({ json: {} });
    const key = await executor().executeOrThrow('google', async ({ apiKey, fetch }) => {
      await fetch(...post(`https://vendor.example/bot${apiKey}/send?key=${apiKey}`, { apiKey, model: 'm' }));
      await fetch('https://vendor.example/text', { method: 'POST', body: `key=${apiKey}` });
      return apiKey;
    });
    expect(key).toMatch(/^AQ\./);
    expect(JSON.stringify(script.calls)).not.toContain(key);
    expect(script.calls).toMatchObject([
      { path: '/bot***/send', body: { apiKey: '***', model: 'm' } },
      { path: '/text', body: 'key=***' },
    ]);
  });

  it('keeps no process alive', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    await start();
    script.for('openai').next('invalid_key', 'rate_limited');
    await executor().execute('openai', ({ fetch }) => fetch(...chat), { maxWaitMs: 0 });
    expect(timers()).toBeLessThanOrEqual(before);
  });

  it('reads nothing of the environment', async () => {
    const before = { ...process.env };
    Object.assign(process.env, { OPENAI_API_KEYS: 'sk-of-a-developer', MAX_RETRIES: 'wrong', KEY_STORE: 'file' });
    try {
      await start();
    } finally {
      process.env = before;
    }
    expect(statuses('openai')).toEqual({ 'key-1': 'healthy', 'key-2': 'healthy' });
  });

  it('takes the place of what the whole app imports', async () => {
    @Module({ imports: [KeyManagementModule.forRoot({ adminToken: 'x'.repeat(32) })], providers: [ChatService] })
    class AppModule {}
    const builder = Test.createTestingModule({ imports: [AppModule] });
    script = KeyManagementTestingModule.override(builder);
    app = await builder.compile();
    await app.init();
    script.for('openai').next('rate_limited', { text: 'Done' });
    await expect(app.get(ChatService).ask('Hi')).resolves.toBe('Done');
    script.reset();
    expect([script.calls, script.pending]).toEqual([[], 0]);
  });

  it('refuses what is no answer, no outcome and no number of keys', async () => {
    await start();
    const openai = script.for('openai');
    for (const wrong of ['ratelimited', 7, {}, null, undefined] as never[])
      expect(() => openai.next(wrong)).toThrow(/is no answer\. Use an outcome \(ok, invalid_key, /);
    expect(() => openai.always({ outcome: 'cancelled' as never })).toThrow('"cancelled" is no answer.');
    expect(() => openai.probes('well' as never)).toThrow('"well" is no answer.');
    expect(() => KeyManagementTestingModule.forRoot({ providers: { openai: { keys: 1.5 } } })).toThrow(
      'providers.openai.keys: must be a number from 0 to 1000, or a list of ids.',
    );
    expect(() => KeyManagementTestingModule.forRoot({ retries: 3 } as never)).toThrow(/retries/);
  });
});

const OUTCOMES: readonly ScriptedOutcome[] = [
  'invalid_key',
  'quota_exceeded',
  'rate_limited',
  'model_unavailable',
  'permission_denied',
  'region_blocked',
  'bad_request',
  'content_blocked',
  'config_error',
  'overloaded',
  'server_error',
  'network_error',
  'timeout',
];
/** Google has no exhausted quota that removes a key. */
const OF_GOOGLE = ['quota_exceeded'] as const;
/** Outcomes that no answer of the vendor comes to. */
const UNKNOWN: Readonly<Record<string, readonly ScriptedOutcome[]>> = { google: OF_GOOGLE, vertex: OF_GOOGLE };

it.each([...BUILT_IN_VENDORS.keys()])('%s: an outcome by its name is what the pool then sees', async (provider) => {
  await start({
    providers: { [provider]: { keys: OUTCOMES.length, baseUrl: 'https://vendor.example' } },
    maxRetries: 0,
    admin: false,
  });
  const seen: Record<string, unknown> = {};
  for (const outcome of OUTCOMES) {
    script.reset();
    script.for(provider).next(outcome);
    const { attempts } = await executor().execute(provider, ({ fetch }) =>
      fetch(...post('https://vendor.example/v1/chat/completions', { model: `m-${outcome}`, messages: [] })),
    );
    seen[outcome] = attempts[0]?.outcome;
  }
  const expected = OUTCOMES.map((outcome) => [outcome, UNKNOWN[provider]?.includes(outcome) ? 'bad_request' : outcome]);
  expect(seen).toEqual(Object.fromEntries(expected));
});

it('the registry is the real one', async () => {
  await start();
  expect(app.get(HealthCheckerRegistry).providers()).toEqual(['openai', 'anthropic', 'google']);
});
