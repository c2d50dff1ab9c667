import type { ServerResponse } from 'node:http';
import type { ManagedFetchOptions } from '../../src/key-management';
import {
  answer,
  chat,
  counts,
  executor,
  inFlight,
  keyOf,
  managed,
  POST,
  server,
  start,
  statuses,
  useVendor,
} from './answering-vendor';

useVendor();

describe('a 200 that reports a failure', () => {
  const failures: [string, unknown, string | undefined][] = [
    ['OpenRouter’s 429', { error: { code: 429, message: 'Provider returned error' } }, undefined],
    ['a dead key', { error: { code: 'invalid_api_key', message: 'Incorrect API key provided' } }, 'invalid_key'],
    ['no quota', { error: { code: 'insufficient_quota', type: 'insufficient_quota' } }, 'quota_exceeded'],
    [
      'a failed Responses object',
      {
        id: 'resp_1',
        object: 'response',
        status: 'failed',
        output: [],
        error: { code: 'insufficient_quota', message: 'x' },
      },
      'quota_exceeded',
    ],
    ['MiniMax', { base_resp: { status_code: 1000, status_msg: 'unknown error' }, choices: null }, undefined],
    ['a list', [{ error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'x' } }], undefined],
  ];

  const failFirst = (body: unknown) => {
    let first: string | undefined;
    server.answer = (response, seen) => {
      first ??= keyOf(seen);
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
      response.end(keyOf(seen) === first ? JSON.stringify(body) : answer);
    };
  };

  it.each(failures)('D6: is asked for again with another key, by the managed fetch: %s', async (_, body, status) => {
    await start();
    failFirst(body);
    expect(await (await managed()).json()).toEqual(JSON.parse(answer));
    expect(server.seen).toHaveLength(2);
    if (status) expect(statuses()).toContain(status);
  });

  it.each(failures)('D6: is asked for again with another key, by execute and fetch: %s', async (_, body, status) => {
    await start();
    failFirst(body);
    const result = await executor().execute('openai', async ({ apiKey }) =>
      (
        await globalThis.fetch(`${server.origin}/v1/x`, { ...POST, headers: { authorization: `Bearer ${apiKey}` } })
      ).json(),
    );
    expect(result).toMatchObject({ success: true, response: JSON.parse(answer), attemptsMade: 2 });
    if (status) expect(statuses()).toContain(status);
  });

  it('D6: is handed on as the vendor gave it when all is in vain', async () => {
    await start();
    const body = { error: { code: 502, message: 'Provider returned error' } };
    server.answer = (response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const response = await managed({ maxRetries: 1 });
    expect([response.status, await response.json()]).toEqual([200, body]);
    expect(counts().map(([good]) => good)).toEqual([0, 0]);
  });

  it('D6: is seen within a list that streams', async () => {
    await start();
    server.answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('[{"candidates":[{"content":{"parts":[{"text":"Hi"}]}}]}\n,');
      response.end('\n{"error":{"code":401,"message":"x","status":"UNAUTHENTICATED"}}]');
    };
    expect(await (await managed()).text()).toContain('UNAUTHENTICATED');
    expect(server.seen).toHaveLength(1);
    expect(counts().map(([good]) => good)).toEqual([0, 0]);
  });

  it.each<[string, string, unknown]>([
    [
      'the job that was asked for has failed',
      'GET',
      { id: 'ftjob-1', object: 'fine_tuning.job', error: { code: 'x', message: 'y' } },
    ],
    [
      'a response in the background has failed',
      'GET',
      {
        id: 'resp_1',
        object: 'response',
        status: 'failed',
        background: true,
        error: { code: 'server_error', message: 'x' },
      },
    ],
    ['the error is none', 'POST', { choices: [{}], error: { code: null, message: null } }],
    ['base_resp says success', 'POST', { choices: [{}], base_resp: { status_code: 0, status_msg: 'success' } }],
  ])('D6: is an answer where %s', async (_, method, body) => {
    await start();
    server.answer = (response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const response = await managed({}, { method, body: method === 'GET' ? null : POST.body });
    expect(await response.json()).toEqual(body);
    expect(server.seen).toHaveLength(1);
    expect(
      counts()
        .map(([good]) => good)
        .sort(),
    ).toEqual([0, 1]);
  });
});

describe('a stream that takes its time', () => {
  const held: ServerResponse[] = [];
  const begin = (...chunks: string[]) => {
    held.splice(0);
    server.answer = (response) => {
      held.push(response);
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      for (const chunk of chunks) response.write(chunk);
    };
  };
  const created = 'data: {"type":"response.created","response":{"id":"resp_1","status":"in_progress"}}\n\n';

  it.each<[string, string[], RequestInit, ManagedFetchOptions]>([
    ['the vendor keeps it alive', [': PROCESSING\n\n'], {}, { holdBackMs: Infinity }],
    [
      'a work in the background has begun',
      [created],
      { body: '{"model":"m","background":true}' },
      { holdBackMs: Infinity },
    ],
    ['it was held back for long enough', [created], {}, { holdBackMs: 30 }],
    ['nothing at all came for as long', [], {}, { holdBackMs: 30 }],
  ])('D7: is handed on before its content when %s', async (_, chunks, init, options) => {
    await start();
    begin(...chunks);
    const response = await managed(options, init);
    expect(response.status).toBe(200);
    held[0]!.end(chat('hello'));
    expect(await response.text()).toBe(`${chunks.join('')}${chat('hello')}`);
    expect(inFlight()).toBe(0);
  });

  it.each<[string, string[], RequestInit]>([
    ['at once', [], {}],
    ['after its preamble', [created], {}],
    ['after a sign of life', [': PROCESSING\n\n'], {}],
    ['at once, for a work in the background', [], { body: '{"model":"m","background":true}' }],
  ])('D7: is begun anew when it fails %s', async (_, chunks, init) => {
    await start();
    let n = 0;
    server.answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (++n > 1) return response.end(chat('hello'));
      response.end(`${chunks.join('')}data: {"error":{"code":"rate_limit_exceeded","message":"x"}}\n\n`);
    };
    expect(await (await managed({}, init)).text()).toBe(chat('hello'));
    expect(server.seen).toHaveLength(2);
  });
});

describe('the last answer that the context’s fetch saw', () => {
  const refuseFirst = (status: number, body: string) => {
    server.answer = (response) => {
      const isFirst = server.seen.length === 1;
      response.writeHead(isFirst ? status : 200, { 'content-type': 'application/json' });
      response.end(isFirst ? body : answer);
    };
  };
  const run = <T>(use: (response: Response) => Promise<T>) =>
    executor().execute('openai', async ({ fetch, apiKey }) =>
      use(await fetch(`${server.origin}/v1/x`, { ...POST, headers: { authorization: `Bearer ${apiKey}` } })),
    );

  it.each([
    [401, '{"error":{"code":"invalid_api_key"}}', 'invalid_key'],
    [429, '{"error":{"code":"insufficient_quota"}}', 'quota_exceeded'],
    [429, '{"error":{"code":"rate_limit_exceeded"}}', 'rate_limited'],
    [500, '{"error":{"message":"oops"}}', 'server_error'],
    [503, '{"error":{"message":"busy"}}', 'overloaded'],
  ])('E12: decides where a %d is taken for an answer', async (status, body, outcome) => {
    await start();
    refuseFirst(status, body);
    const result = await run((response) => response.json());
    expect(result).toMatchObject({
      success: true,
      response: JSON.parse(answer),
      attempts: [{ outcome, status }, { outcome: 'ok' }],
    });
  });

  it('E12: decides where the function stumbles over it', async () => {
    await start();
    refuseFirst(401, '{"error":{"code":"invalid_api_key"}}');
    const result = await run(async (response) => ((await response.json()) as { choices: unknown[] }).choices[0]);
    expect(result).toMatchObject({ success: true, attempts: [{ outcome: 'invalid_key' }, { outcome: 'ok' }] });
    expect(statuses()).toContain('invalid_key');
  });

  it('E12: leaves to the function what is the caller’s to deal with, and what it asked again for', async () => {
    await start();
    refuseFirst(404, '{"error":{"message":"No such file"}}');
    expect(await run((response) => Promise.resolve(response.status))).toMatchObject({ success: true, response: 404 });
    server.seen.splice(0);
    refuseFirst(500, '{"error":{"message":"oops"}}');
    const twice = await executor().execute('openai', async ({ fetch }) => {
      await fetch(`${server.origin}/v1/x`, POST);
      return (await fetch(`${server.origin}/v1/x`, POST)).json();
    });
    expect(twice).toMatchObject({ success: true, attemptsMade: 1 });
  });
});
