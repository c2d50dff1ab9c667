import { KeyPoolService } from '../../src/key-management';
import type { KeyRecord } from '../../src/key-management/pool/key/key-record';
import { ManagedApp, request } from './managed-app';

let app: ManagedApp;
let record: KeyRecord;
beforeEach(async () => {
  app = await ManagedApp.start(1);
  [record] = app.app.get(KeyPoolService).pool('openai')!.records() as unknown as [KeyRecord];
  // As after a cooldown.
  record.trial = 'pending';
});
afterEach(async () => {
  await app.idle();
  await app.close();
});

describe('A2: the trial of a key', () => {
  it('ends with the first content of a stream, long before the stream does', async () => {
    app.behave('openai', { kind: 'stall', after: 2 });
    const controller = new AbortController();
    const [url, init] = request.openai(app, { stream: true });
    const response = await app.fetch('openai')(url, { ...init, signal: controller.signal });
    expect([response.status, record.inFlight, record.trial]).toEqual([200, 1, 'none']);
    controller.abort();
    await response.body!.cancel().catch(() => undefined);
  });

  it('is not passed by a stream that fails before its first content', async () => {
    app.behave('openai', { kind: 'cutOff', after: 'before_content', how: 'end' });
    await app
      .fetch('openai', { maxRetries: 0 })(...request.openai(app, { stream: true }))
      .catch(() => undefined);
    expect(record.trial).toBe('pending');
  });

  it('ends with the headers that the context’s fetch sees', async () => {
    app.behave('openai', { kind: 'stall', after: 2 });
    const seen = await app.executor.execute('openai', async ({ apiKey, fetch, signal }) => {
      const [url, init] = request.openai(app, { stream: true });
      const headers = { ...init.headers, authorization: `Bearer ${apiKey}` };
      const response = await fetch(url, { ...init, headers, signal });
      const trial = record.trial;
      await response.body!.cancel();
      return [response.status, trial];
    });
    expect(seen).toMatchObject({ success: true, response: [200, 'none'] });
  });

  it('goes on where the context’s fetch sees a refusal', async () => {
    app.behave('openai', { kind: 'status', status: 500 });
    let trial: string | undefined;
    await app.executor.execute(
      'openai',
      async ({ apiKey, fetch, signal }) => {
        const [url, init] = request.openai(app);
        const response = await fetch(url, {
          ...init,
          headers: { ...init.headers, authorization: `Bearer ${apiKey}` },
          signal,
        });
        trial = record.trial;
        return response;
      },
      { maxRetries: 0 },
    );
    expect([trial, record.trial]).toEqual(['running', 'pending']);
  });
});
