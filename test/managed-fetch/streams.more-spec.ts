import type { Behaviour, StreamErrorKind } from '../simulator';
import { turns } from '../support/turns';
import { failureOf, ManagedApp, request, type VendorName } from './managed-app';

const VENDORS: [VendorName][] = [['openai'], ['anthropic'], ['google']];

/** A stream that stalls meets this limit; one that comes never does, however slow the machine is. */
const PATIENCE_MS = 2_000;

let app: ManagedApp;
beforeEach(async () => {
  app = await ManagedApp.start(4);
});
afterEach(async () => {
  await app.idle();
  await app.close();
});

const valid: Behaviour = { kind: 'valid' };
const streamed = (name: VendorName, app: ManagedApp): [string, RequestInit] => request[name](app, { stream: true });
const count = (text: string, part: string) => text.split(part).length - 1;

/** What the caller reads of a stream, and the errors it met. */
async function readAll(response: Response): Promise<{ text: string; errors: unknown[] }> {
  const decoder = new TextDecoder();
  const errors: unknown[] = [];
  let text = '';
  try {
    for await (const chunk of response.body!) text += decoder.decode(chunk, { stream: true });
  } catch (error) {
    errors.push(error);
  }
  return { text, errors };
}

describe.each(VENDORS)('a stream of %s', (name) => {
  it('comes through byte by byte as the vendor sent it', async () => {
    const response = await app.fetch(name)(...streamed(name, app));
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const { text } = await readAll(response);
    const { key } = app.vendor(name).calls.last!;
    const [url, init] = streamed(name, app);
    const headers = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' };
    const place = { openai: 'authorization', anthropic: 'x-api-key', google: 'x-goog-api-key' }[name];
    const direct = await (
      await fetch(url, { ...init, headers: { ...headers, [place]: name === 'openai' ? `Bearer ${key}` : key } })
    ).text();
    const timeless = (sse: string) => sse.replace(/"(id|created|responseId)":("[^"]*"|\d+)/g, '');
    expect(timeless(text)).toBe(timeless(direct));
    expect(app.outcomes).toEqual(['ok']);
  });

  it.each<[string, Behaviour]>([
    ['refused', { kind: 'alwaysRateLimited' }],
    ['cut after its headers', { kind: 'cutOff', after: 'headers', how: 'destroy' }],
    ['reset before content', { kind: 'cutOff', after: 'before_content', how: 'reset' }],
    ['ended before content', { kind: 'cutOff', after: 'before_content', how: 'end' }],
    ['an error event', { kind: 'streamError', event: 'rate_limit', after: 0 }],
  ])('is begun anew, unseen: %s', async (_, behaviour) => {
    app.behave(name, behaviour, behaviour, behaviour, valid);
    const { text, errors } = await readAll(await app.fetch(name)(...streamed(name, app)));
    expect(errors).toEqual([]);
    expect(count(text, 'Hello')).toBe(1);
    expect(text).not.toContain('error"');
    expect(app.outcomes).toHaveLength(4);
    expect(app.outcomes.at(-1)).toBe('ok');
    expect(app.vendor(name).calls.total).toBe(4);
  });

  it.each<[StreamErrorKind, string]>([
    ['quota', name === 'google' ? 'rate_limited' : 'quota_exceeded'],
    ['overloaded', 'overloaded'],
    ['server', 'server_error'],
  ])('settles an error event before content with what it is: %s', async (event, outcome) => {
    app.behave(name, { kind: 'streamError', event, after: 0 }, valid, valid, valid);
    await readAll(await app.fetch(name)(...streamed(name, app)));
    expect(app.outcomes).toEqual([outcome, 'ok']);
  });

  it('shows an error event after content as it came, and settles the key with it', async () => {
    app.behave(name, { kind: 'streamError', event: 'quota', after: 2 }, valid, valid, valid);
    const { text, errors } = await readAll(await app.fetch(name)(...streamed(name, app)));
    expect(errors).toEqual([]);
    expect(count(text, 'Hello')).toBe(1);
    expect(text).toMatch(/"error"/);
    expect(app.outcomes).toEqual([name === 'google' ? 'rate_limited' : 'quota_exceeded']);
    expect(app.vendor(name).calls.total).toBe(1);
  });

  it.each(['destroy', 'reset'] as const)('breaks once where it is cut after content (%s)', async (how) => {
    app.behave(name, { kind: 'cutOff', after: 2, how }, valid, valid, valid);
    const { text, errors } = await readAll(await app.fetch(name)(...streamed(name, app)));
    expect(errors).toHaveLength(1);
    expect(count(text, 'Hello')).toBe(1);
    expect(app.outcomes).toEqual(['network_error']);
    expect(app.vendor(name).calls.total).toBe(1);
    expect(app.snapshots(name)[0]).toMatchObject({ errorCount: 0, status: 'healthy' });
  });

  it('hands on the last stream as it came when every one fails before content', async () => {
    const failing = { kind: 'streamError', event: 'overloaded', after: 0 } as const;
    app.behave(name, failing, failing, failing, failing);
    const response = await app.fetch(name, { maxRetries: 1 })(...streamed(name, app));
    expect(response.status).toBe(200);
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect((await readAll(response)).text).toContain('"error"');
    expect(app.vendor(name).calls.total).toBe(2);
  });
});

describe('a stream', () => {
  const slow: Behaviour = { kind: 'slow', betweenChunksMs: 20 };
  const open = async (options = {}, init: RequestInit = {}) => {
    const [url, given] = streamed('openai', app);
    return app.fetch('openai', options)(url, { ...given, ...init });
  };

  it('keeps its lease until it ends', async () => {
    app.behave('openai', slow);
    const response = await open();
    expect(app.inFlight).toBe(1);
    expect(app.executor.inFlight).toBe(1);
    await readAll(response);
    expect(app.inFlight).toBe(0);
    expect(app.outcomes).toEqual(['ok']);
  });

  it('tells the vendor when its reader cancels', async () => {
    app.behave('openai', slow);
    const reader = (await open()).body!.getReader();
    await reader.read();
    await reader.cancel();
    await app.vendor('openai').calls.waitFor((log) => log.last!.aborted);
    expect(app.outcomes).toEqual(['cancelled']);
    expect(app.snapshots('openai')[0]).toMatchObject({ errorCount: 0, successCount: 0 });
  });

  it('tells the vendor when the caller aborts, and breaks with its reason', async () => {
    app.behave('openai', slow);
    const controller = new AbortController();
    const response = await open({}, { signal: controller.signal });
    const reader = response.body!.getReader();
    await reader.read();
    controller.abort();
    expect(await failureOf(drain(reader))).toMatchObject({ name: 'AbortError' });
    await app.vendor('openai').calls.waitFor((log) => log.last!.aborted);
    expect(app.outcomes).toEqual(['cancelled']);
  });

  it('is cancelled by the caller while it is held back', async () => {
    app.behave('openai', { kind: 'stall', after: 'before_content' });
    const controller = new AbortController();
    const failed = failureOf(open({}, { signal: controller.signal }));
    await app.vendor('openai').calls.waitFor((log) => log.last?.status === 200);
    controller.abort();
    expect(await failed).toMatchObject({ name: 'AbortError' });
    await app.vendor('openai').calls.waitFor((log) => log.last!.aborted);
    expect(app.outcomes).toEqual(['cancelled']);
  });

  it('times out when it falls silent, and tells the vendor', async () => {
    app.behave('openai', { kind: 'stall', after: 1 });
    const { text, errors } = await readAll(await open({ idleTimeoutMs: PATIENCE_MS }));
    expect(text).toContain('Hello');
    expect(errors).toMatchObject([{ name: 'TimeoutError' }]);
    await app.vendor('openai').calls.waitFor((log) => log.last!.aborted);
    expect(app.outcomes).toEqual(['timeout']);
  });

  it('is begun anew when it falls silent before content', async () => {
    const stall = { kind: 'stall', after: 'before_content' } as const;
    app.behave('openai', stall, valid, valid, valid);
    const { errors } = await readAll(await open({ idleTimeoutMs: PATIENCE_MS, holdBackMs: Infinity }));
    expect(errors).toEqual([]);
    expect(app.outcomes).toEqual(['timeout', 'ok']);
  });

  it('does not time out while it comes slowly, however long it is', async () => {
    app.behave('openai', { kind: 'slow', betweenChunksMs: 700 });
    const { errors } = await readAll(await open({ idleTimeoutMs: PATIENCE_MS, firstByteTimeoutMs: PATIENCE_MS }));
    expect(errors).toEqual([]);
    expect(app.outcomes).toEqual(['ok']);
  });

  it('that nobody reads gives its key back, and stays readable', async () => {
    const response = await open({ idleTimeoutMs: PATIENCE_MS });
    await app.idle();
    expect(app.outcomes).toEqual(['ok']);
    const { text, errors } = await readAll(response);
    expect(count(text, 'Hello')).toBe(1);
    expect(errors).toEqual([]);
    expect(app.outcomes).toEqual(['ok']);
  });

  it('is read no faster than its reader reads', async () => {
    app.behave('openai', { kind: 'valid', text: 'word '.repeat(60_000) });
    const response = await open();
    const reader = response.body!.getReader();
    await reader.read();
    await turns(5_000);
    expect(app.vendor('openai').calls.inFlight).toBe(1);
    await drain(reader);
    await app.vendor('openai').calls.waitForIdle();
  });

  it('is retried after an error of the chat and the Responses surface alike', async () => {
    const [, init] = streamed('openai', app);
    const url = `${app.simulator.openai.baseUrl}/v1/responses`;
    const body = JSON.stringify({ model: 'gpt-4o', input: 'Hi', stream: true });
    for (const form of [undefined, 'flat'] as const) {
      app.behave('openai', { kind: 'streamError', event: 'overloaded', after: 0, form }, valid, valid, valid);
      const { text } = await readAll(await app.fetch('openai')(url, { ...init, body }));
      expect(count(text, 'event: response.created')).toBe(1);
      expect(text).toContain('response.completed');
    }
    expect(app.outcomes).toEqual(['overloaded', 'ok', 'overloaded', 'ok']);
  });
});

async function drain(reader: ReadableStreamDefaultReader): Promise<void> {
  for (;;) if ((await reader.read()).done) return;
}
