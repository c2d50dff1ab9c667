import { KeyManagerService, KeyPoolService, RetryExecutorService } from '../../src/key-management';
import type { KeyState } from '../../src/key-management/pool/key/key-state';
import { blemishes, call, fetchOf, Organizations } from './organizations';

let organizations: Organizations;
afterEach(() => organizations.close());

const url = (path: string): string => `${organizations.simulator.openai.baseUrl}/v1${path}`;
const cooldownFor = (ms: number): KeyState => ({ status: 'cooling_down', until: Date.now() + ms });
const response = (previous?: unknown, more: object = {}) => ({
  model: 'gpt-4o',
  input: 'Hi',
  ...(previous ? { previous_response_id: previous } : {}),
  ...more,
});

/** Talks by `previous_response_id`, all conversations at once, one turn after the other. Resolves with how many broke. */
async function brokenOf(conversations: number, turns: number, fetch: typeof globalThis.fetch): Promise<number> {
  let talks: unknown[] = Array.from({ length: conversations }, () => undefined);
  for (let turn = 0; turn < turns; turn += 1) {
    const answers = await Promise.all(talks.map((previous) => call(fetch, url('/responses'), response(previous))));
    talks = answers.filter(({ status }) => status === 200).map(({ body }) => body.id);
  }
  return conversations - talks.length;
}

describe.each([
  [2, true],
  [5, true],
  [10, true],
  [10, false],
])('with %i organizations, whose answers name them: %s', (count, hasNames) => {
  it('breaks none of 60 conversations of four turns', async () => {
    organizations = await Organizations.start(count, 2, hasNames);
    const app = await organizations.app();
    const fetch = fetchOf(app, 'openai');
    expect(await brokenOf(60, 4, fetch)).toBe(0);
    // Nobody was asked in vain.
    expect(organizations.simulator.openai.calls.total).toBe(240);
    // All organizations have some.
    expect(new Set(organizations.called('openai')).size).toBe(count);
  });
});

it('knows a stored answer from the first event of its stream', async () => {
  organizations = await Organizations.start(10);
  const fetch = fetchOf(await organizations.app(), 'openai');
  for (let n = 0; n < 10; n += 1) {
    const streamed = await fetch(url('/responses'), {
      method: 'POST',
      body: JSON.stringify(response(undefined, { stream: true })),
    });
    const id = /"id":"(resp_\w+)"/.exec(await streamed.text())![1];
    expect((await call(fetch, url(`/responses/${id}`))).status).toBe(200);
  }
  expect(organizations.simulator.openai.calls.total).toBe(20);
});

describe('an object that nobody knows', () => {
  const made = async (path: string, body: object): Promise<unknown> => {
    // Somebody else made it, in the first organization.
    const { body: object } = await call(organizations.fetchWith('openai', 0), url(path), body);
    organizations.simulator.openai.calls.reset();
    return object.id;
  };

  it.each(['GET', 'POST'])('is asked for in one account after the other, and then known: %s', async (method) => {
    organizations = await Organizations.start(6, 2);
    const id = await made('/responses', response());
    const app = await organizations.app();
    const fetch = fetchOf(app, 'openai');
    // Which keys share an organization is known by then.
    for (let n = 0; n < 12; n += 1) await call(fetch, url('/responses'), response(undefined, { store: false }));
    organizations.simulator.openai.calls.reset();
    const ask = () =>
      method === 'GET' ? call(fetch, url(`/responses/${String(id)}`)) : call(fetch, url('/responses'), response(id));
    expect((await ask()).status).toBe(200);
    const { length } = organizations.called('openai');
    // Each organization is asked with one key at the most.
    expect(new Set(organizations.called('openai')).size).toBe(length);
    expect((await ask()).status).toBe(200);
    expect((await ask()).status).toBe(200);
    expect(organizations.called('openai')).toHaveLength(length + 2);
    expect(blemishes(app, 'openai')).toEqual([]);
  });

  it('is asked for in as many accounts as the option says, and then the vendor answers', async () => {
    organizations = await Organizations.start(10);
    const app = await organizations.app({}, { maxAccountsAsked: 3 });
    const { status, body, response: answer } = await call(fetchOf(app, 'openai'), url('/files/file-none'));
    expect(status).toBe(404);
    expect(body).toMatchObject({ error: { message: 'No such File object: file-none' } });
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect(new Set(organizations.called('openai')).size).toBe(3);
    expect(organizations.called('openai')).toHaveLength(3);
    expect(blemishes(app, 'openai')).toEqual([]);
  });

  it('is asked for in eight accounts, whatever the call may retry', async () => {
    organizations = await Organizations.start(10);
    const app = await organizations.app({ maxRetries: 0 });
    expect((await call(fetchOf(app, 'openai'), url('/files/file-none'))).status).toBe(404);
    expect(organizations.called('openai')).toHaveLength(8);
    const analytics = app.get(KeyManagerService).getProviderAnalytics('openai');
    expect(analytics.summary).toMatchObject({ requests: 1, retries: 0 });
  });

  it('is waited for in an account that cools down', async () => {
    organizations = await Organizations.start(3);
    const id = await made('/responses', response());
    const app = await organizations.app();
    const fetch = fetchOf(app, 'openai');
    const pool = app.get(KeyPoolService).pool('openai')!;
    const owner = organizations.ownerOf('openai', 0);
    pool.setState(pool.record(owner)!, cooldownFor(300), 'administrator');
    expect((await call(fetch, url('/responses'), response(id))).status).toBe(200);
    expect(organizations.called('openai')).toHaveLength(3);
    expect(organizations.called('openai').at(-1)).toBe(0);
  });

  it('is not waited for longer than the call may wait: then the vendor has answered', async () => {
    organizations = await Organizations.start(3);
    const id = await made('/responses', response());
    const app = await organizations.app();
    const pool = app.get(KeyPoolService).pool('openai')!;
    pool.setState(pool.record(organizations.ownerOf('openai', 0))!, cooldownFor(60_000), 'administrator');
    const { status, body } = await call(fetchOf(app, 'openai', { maxWaitMs: 50 }), url('/responses'), response(id));
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: { code: 'previous_response_not_found' } });
    expect(organizations.called('openai')).toHaveLength(2);
  });
});

it('ends a call that names objects of two accounts, with an error that names both', async () => {
  organizations = await Organizations.start(2);
  const fetch = fetchOf(await organizations.app(), 'openai');
  const ids: unknown[] = [];
  for (let n = 0; n < 2; n += 1) ids.push((await call(fetch, url('/responses'), response())).body.id);
  const files: unknown[] = [];
  for (let n = 0; n < 2; n += 1) files.push((await call(fetch, url('/files'), { purpose: 'batch' })).body.id);
  const owners = organizations.called('openai');
  const other = files[owners.slice(2).findIndex((owner) => owner !== owners[0])];
  organizations.simulator.openai.calls.reset();
  const {
    status,
    body,
    response: answer,
  } = await call(fetch, url('/responses'), response(ids[0], { tools: [{ container: { file_ids: [other] } }] }));
  expect(status).toBe(400);
  expect(answer.headers.get('x-should-retry')).toBe('false');
  expect(JSON.stringify(body)).toMatch(
    /names objects of several accounts.*a response of account org-\d.*a file of account org-\d|a file of account org-\d.*a response of account org-\d/,
  );
  expect(organizations.called('openai')).toEqual([]);
});

it('never takes an object to another account, whatever becomes of its own', async () => {
  organizations = await Organizations.start(10);
  const app = await organizations.app();
  const fetch = fetchOf(app, 'openai');
  const ids: string[] = [];
  for (let n = 0; n < 60; n += 1) ids.push(String((await call(fetch, url('/responses'), response())).body.id));
  const owners = organizations.called('openai');
  const [lost] = organizations.keys.openai[3]!;
  const { id: lostId } = app
    .get(KeyPoolService)
    .list('openai')
    .find(({ maskedKey }) => maskedKey === `${lost!.slice(0, 7)}...${lost!.slice(-4)}`)!;
  await app.get(KeyPoolService).remove('openai', lostId);
  organizations.simulator.openai.calls.reset();
  for (const [n, id] of ids.entries()) {
    const { status, body } = await call(fetch, url('/responses'), response(id));
    expect({ n, status }).toEqual({ n, status: owners[n] === 3 ? 503 : 200 });
    if (status !== 200) expect(JSON.stringify(body)).toMatch(/account/);
  }
  expect(organizations.called('openai')).toEqual(owners.filter((owner) => owner !== 3));
});

describe('execute with a hard affinity', () => {
  const asks = (app: Awaited<ReturnType<Organizations['app']>>, id: string, path: string) =>
    app.get(RetryExecutorService).execute(
      'openai',
      async ({ apiKey, fetch }) => {
        const answer = await fetch(url(path), {
          method: 'POST',
          headers: { authorization: `Bearer ${apiKey}` },
          body: JSON.stringify(response()),
        });
        return answer.ok ? ((await answer.json()) as { id: string }).id : answer;
      },
      { affinity: { id, hard: true } },
    );

  it('stays with the account of the first success, which the report tells', async () => {
    organizations = await Organizations.start(5, 2);
    const app = await organizations.app();
    for (const id of ['one', 'two', 'three']) {
      const first = await asks(app, id, '/responses');
      const { account } = first.attempts[0]!;
      expect(account).toMatch(/^org-\d$/);
      for (let turn = 0; turn < 4; turn += 1)
        expect(await asks(app, id, '/responses')).toMatchObject({ success: true, attempts: [{ account }] });
    }
    expect(new Set(organizations.called('openai')).size).toBeGreaterThan(1);
  });

  it('asks in turn for what nobody knows', async () => {
    organizations = await Organizations.start(5);
    const app = await organizations.app();
    const result = await asks(app, 'file-none', '/vector_stores/vs_none/files');
    expect(result.success).toBe(false);
    expect(new Set(organizations.called('openai')).size).toBe(5);
  });
});
