// What the two public apps are asked: whether the app works as ever, and key management as its documentation says.
import assert from 'node:assert/strict';
import { KEYS } from './vendor.mjs';

export const TOKEN = 'compat-admin-token-0001';
/** Of the app's own tokens. */
export const FOREIGN_SECRET = 'compat-secret-of-the-jwt-0001';
/** As `LIMIT` of the apps has it. */
const LIMIT = 20;
const PATIENCE_MS = 20_000;

const asking = (url) => {
  const send = (method, path, { token, body, headers } = {}) =>
    fetch(url + path, {
      method,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  const text = async (method, path, expected, options) => {
    const answer = await send(method, path, options);
    const said = await answer.text();
    assert.equal(answer.status, expected, `${method} ${path} answered ${answer.status}: ${said.slice(0, 300)}`);
    for (const key of Object.values(KEYS).flat()) assert.ok(!said.includes(key), `${method} ${path} shows a key.`);
    return { said, type: answer.headers.get('content-type') ?? '' };
  };
  const json = async (...args) => JSON.parse((await text(...args)).said);
  return { text, json, url };
};

/** The app's own routes: versions, guard, envelope and filter are in force. */
async function askShop({ text, json }, { path, headers }) {
  const user = async (role) => {
    const { data } = await json('POST', path('login'), 201, { headers, body: { sub: 'ann', role } });
    return data.token;
  };
  assert.deepEqual(await json('POST', path('chat'), 401, { headers }), { error: { status: 401 } });
  const [admin, viewer] = [await user('admin'), await user('viewer')];
  const chat = await json('POST', path('chat'), 201, { headers, token: viewer });
  assert.equal(chat.data.answer, 'hello', 'A managed call is answered, though its first key is dead.');
  await text('POST', '/api/chat', 404, { token: viewer });
  return { admin, viewer };
}

/** Every route of the page, as its script asks for them: relative to where the page is. */
async function askPage({ text, json, url }, page, { token, access }) {
  const { said, type } = await text('GET', page, 200);
  assert.match(type, /^text\/html/);
  assert.match(said, /^<!doctype html>/);
  const { base, place, given } =
    /data-base="(?<base>[^"]*)" data-place="(?<place>[^"]*)" data-access="(?<given>\w+)"/.exec(said).groups;
  assert.equal(given, access);
  const at = (path) => new URL(`${base}${path}`, url + page).href.slice(url.length);
  const files = [...said.matchAll(/(?:src|href)="([^":]+\.(?:js|css))"/g)].map(([, file]) => file);
  assert.equal(files.length, 2);
  for (const file of files) {
    const path = new URL(file, url + page).href.slice(url.length);
    assert.ok((await text('GET', path, 200)).said.length > 5_000, `${path} is whole.`);
  }

  await text('GET', at(`${place}/session`), 401);
  const session = await json('GET', at(`${place}/session`), 200, { token });
  assert.equal(session.role, 'admin');
  assert.ok(session.providers.includes('openai'));
  const figures = await json('GET', at(`${place}/figures?window=1h`), 200, { token });
  assert.equal(figures.providers.openai.summary.total_keys, 2);
  assert.equal((await json('GET', at('admin/configuration'), 200, { token })).max_retries, 3);
  const changed = await json('PATCH', at('admin/configuration'), 200, { token, body: { max_retries: 4 } });
  assert.equal(changed.max_retries, 4);
  const { keys } = await json('GET', at('admin/providers/openai/keys?limit=500'), 200, { token });
  assert.deepEqual(keys.map(({ status }) => status).sort(), ['healthy', 'invalid_key']);
  const dead = keys.find(({ status }) => status === 'invalid_key');
  const checked = await json('POST', at(`admin/providers/openai/keys/${dead.id}/check`), 200, { token, body: {} });
  assert.equal(checked.outcome, 'invalid_key', JSON.stringify(checked));
  const refused = await json('PATCH', at(`admin/providers/openai/keys/${dead.id}`), 400, {
    token,
    body: { enabled: 'perhaps' },
  });
  assert.equal(refused.problems[0].field, 'enabled', 'The page shows the problem beside the field.');
  const { events } = await json('GET', at('admin/events?limit=50'), 200, { token });
  assert.ok(events.some(({ type: kind }) => kind === 'status_changed'));
  return at('admin/events/stream');
}

/** Opens more streams than the throttler lets one address ask for anything. */
async function openStreams({ url }, path, token) {
  const streams = [];
  for (let count = 0; count <= LIMIT; count += 1) {
    const answer = await fetch(url + path, {
      headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
    });
    assert.equal(answer.status, 200, `Stream ${count + 1} was answered ${answer.status}.`);
    assert.match(answer.headers.get('content-type'), /^text\/event-stream/);
    const reader = answer.body.getReader();
    const { value } = await reader.read();
    assert.match(Buffer.from(value).toString(), /^(?::|event:|retry:|id:)/m, 'A stream begins at once.');
    streams.push({
      reader,
      async ended() {
        while (!(await reader.read()).done);
      },
    });
  }
  return streams;
}

/** A change is told on a stream that is open. */
async function hearChange({ json }, { reader }, path, token) {
  await json('PATCH', path, 200, { token, body: { max_retries: 5 } });
  let heard = '';
  while (!/^event: action$/m.test(heard)) {
    const { done, value } = await reader.read();
    assert.ok(!done, 'The stream stays open.');
    heard += Buffer.from(value).toString();
  }
}

/** The throttler is at work: the app's own route is refused at some time, the routes of key management are not. */
async function askThrottled({ text, url }, path, { headers, ours, token }) {
  const statuses = [];
  for (let count = 0; count <= LIMIT; count += 1) {
    const answer = await fetch(url + path, { method: 'POST', headers });
    await answer.arrayBuffer();
    statuses.push(answer.status);
  }
  assert.ok(statuses.includes(429), `The app's own throttler never refused ${path}: ${statuses.join()}`);
  for (let count = 0; count <= LIMIT; count += 1) await text('GET', ours, 200, { token });
}

/** Every reference in a document leads to something in it. */
function checkReferences(document) {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path);
  for (const path of new Set(references)) {
    const found = path.split('/').reduce((at, name) => at?.[name], document);
    assert.ok(found, `The document refers to ${path}, which is not in it.`);
  }
}

async function askMetrics({ text }, path, token) {
  await text('GET', path, 401);
  const { said, type } = await text('GET', path, 200, { token });
  assert.match(type, /^text\/plain;.* ?version=0\.0\.4/);
  assert.match(said, /^# HELP /);
  assert.match(said, /^ai_keys_calls_total\{provider="openai",result="success"\} 1$/m);
}

/** @returns the streams that are still open */
export async function askExpressApp(url) {
  const ask = asking(url);
  const { text, json } = ask;
  const { viewer } = await askShop(ask, { path: (name) => `/api/v1/${name}` });

  // Both apps' health: the app's own under its version, wrapped; the module's without, as its documentation has it.
  const own = await json('GET', '/api/v1/health', 200);
  assert.equal(own.data.details.keys.status, 'up');
  assert.equal((await json('GET', '/api/health', 200)).details.key_pools.status, 'up');
  for (const path of ['/api/health/live', '/api/health/ready'])
    assert.equal((await json('GET', path, 200)).status, 'ok');
  assert.deepEqual(await json('GET', '/api/v1/metrics', 200), { data: 'shop_orders_total 1' });
  await askMetrics(ask, '/api/metrics', TOKEN);

  // Its own tokens open the admin API, those of the app's users do not.
  assert.ok((await json('GET', '/api/health/keys', 200, { token: TOKEN })).key_pools.providers.openai);
  const refused = await json('GET', '/api/health/keys', 401, { token: viewer });
  assert.deepEqual([refused.statusCode, refused.error], [401, 'Unauthorized']);

  const stream = await askPage(ask, '/api/dashboard', { token: TOKEN, access: 'token' });
  const streams = await openStreams(ask, stream, TOKEN);
  await hearChange(ask, streams[0], '/api/admin/configuration', TOKEN);
  await askThrottled(ask, '/api/v1/chat', { ours: '/api/health/keys', token: TOKEN });

  const document = await json('GET', '/docs-json', 200);
  assert.match((await text('GET', '/docs', 200)).said, /swagger-ui/i);
  const paths = Object.keys(document.paths);
  for (const path of ['/api/v1/chat', '/api/admin/providers/{provider}/keys', '/api/health/keys'])
    assert.ok(paths.includes(path), `The app's document has ${path}: ${paths.join()}`);
  assert.ok(!paths.some((path) => /^\/api\/v1\/(?:admin|analytics)/.test(path)));
  assert.ok(document.components.securitySchemes.bearer);
  checkReferences(document);
  return streams;
}

/** @returns the streams that are still open */
export async function askFastifyApp(url) {
  const ask = asking(url);
  const { json, text } = ask;
  const headers = { 'x-api-version': '1' };
  const { admin, viewer } = await askShop(ask, { path: (name) => `/api/${name}`, headers });

  // The app's own health wins, the module's probes stay beside it.
  assert.equal((await json('GET', '/api/health', 200)).data.details.keys.status, 'up');
  for (const path of ['/api/health/live', '/api/health/ready'])
    assert.equal((await json('GET', path, 200)).status, 'ok');
  assert.deepEqual(await json('GET', '/api/metrics', 200), { data: 'shop_orders_total 1' });
  await askMetrics(ask, '/api/key-metrics', viewer);

  // The app's users open the admin API, with or without a version in the header.
  for (const sent of [{}, headers])
    assert.ok(
      (await json('GET', '/api/health/keys', 200, { token: viewer, headers: sent })).key_pools.providers.openai,
    );
  assert.equal(
    (await json('GET', '/api/health/keys', 401)).statusCode,
    401,
    'A refusal of the guard is as documented.',
  );
  const body = { max_retries: 9 };
  assert.equal((await json('PATCH', '/api/admin/configuration', 403, { token: viewer, body })).statusCode, 403);

  const stream = await askPage(ask, '/api/dashboard', { token: admin, access: 'host' });
  const streams = await openStreams(ask, stream, viewer);
  await hearChange(ask, streams[0], '/api/admin/configuration', admin);
  await askThrottled(ask, '/api/chat', { headers, ours: '/api/health/keys', token: viewer });

  const document = await json('GET', '/docs-json', 200);
  assert.match((await text('GET', '/docs', 200)).said, /swagger-ui/i);
  assert.deepEqual(Object.keys(document.paths).sort(), ['/api/chat', '/api/health', '/api/login', '/api/metrics']);
  checkReferences(document);
  return streams;
}
