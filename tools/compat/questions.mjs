// The questions to every started app, in this order.
import assert from 'node:assert/strict';
import { KEYS } from './vendor.mjs';

export const TOKEN = 'compat-admin-token-0001';

export async function askAll({ url, vendor, nodeVersion, packageVersion }) {
  const ask = async (method, path, expected, { token = TOKEN, body } = {}) => {
    const answer = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await answer.text();
    assert.equal(answer.status, expected, `${method} ${path} answered ${answer.status}: ${text.slice(0, 300)}`);
    for (const key of Object.values(KEYS).flat()) assert.ok(!text.includes(key), `${method} ${path} shows a key.`);
    return text;
  };
  const json = async (...args) => JSON.parse(await ask(...args));
  const pools = async () => (await json('GET', '/health/keys', 200)).key_pools.providers;

  await ask('GET', '/health/ready', 200);
  await ask('GET', '/health/keys', 401, { token: 'nobody-knows-this-token' });
  const before = await pools();
  assert.equal(before.openai.healthy_keys, 2, 'Both OpenAI keys are healthy after the start.');
  assert.equal(before.acme.healthy_keys, 1, 'The key that the own checker knows is healthy.');
  assert.ok(vendor.asked.includes(`/acme/me ${KEYS.acme}`), 'The checker was found by its decorator.');

  const { openapi, paths } = await json('GET', '/docs-json', 200);
  assert.match(openapi, /^3\./);
  assert.ok(paths['/admin/providers/{provider}/keys'], 'The document has the admin API.');
  assert.match(await ask('GET', '/docs', 200), /swagger-ui/i);

  const script = /assets\/[\w-]+\.js/.exec(await ask('GET', '/dashboard', 200))?.[0];
  assert.ok(script, 'The dashboard names its script.');
  assert.ok((await ask('GET', `/dashboard/${script}`, 200)).length > 10_000, 'The script is whole.');

  const metrics = await ask('GET', '/metrics', 200);
  assert.ok(metrics.includes(`ai_keys_build_info{version="${packageVersion}",node="${nodeVersion}",store="file"} 1`));

  const path = '/admin/providers/openai/keys';
  const added = await json('POST', path, 200, { body: { keys: [{ key: KEYS.added, label: 'added' }] } });
  assert.match(JSON.stringify(added), /"added"/);
  await ask('POST', path, 400, { body: { keys: 'no list' } });

  const call = await json('GET', '/calls/executor', 200);
  assert.deepEqual(call, { success: true, outcomes: ['invalid_key', 'ok'], answer: 'hello' });
  assert.deepEqual(await json('GET', '/calls/managed-fetch', 200), { status: 200, answer: 'hello' });
  assert.deepEqual(await json('GET', '/calls/acme', 200), { answer: 'hello' });

  const { openai } = await pools();
  assert.deepEqual([openai.total_keys, openai.healthy_keys, openai.removed_keys], [3, 2, 1]);
}
