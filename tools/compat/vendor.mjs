// A vendor on loopback. It serves OpenAI's paths, and those of `acme`, a provider that only the consumer's own checker supports.
import { createServer } from 'node:http';

export const KEYS = {
  openai: ['sk-compat-first-000000000001', 'sk-compat-second-00000000002'],
  added: 'sk-compat-added-000000000003',
  acme: 'acme-compat-key-0001',
};

/** Revokes the first key that asks for a response, so that the call must go on with another key, whichever was chosen first. */
export async function startVendor() {
  const asked = [];
  let revoked;
  const server = createServer((request, response) => {
    request.resume();
    const key = request.headers['x-acme-key'] ?? request.headers.authorization?.replace('Bearer ', '');
    const path = request.url.replace(/\?.*/, '');
    asked.push(`${path} ${key}`);
    if (path === '/v1/responses') revoked ??= key;
    const known = [...KEYS.openai, KEYS.added, KEYS.acme].includes(key);
    const good = known && key !== revoked;
    const refusal = {
      error: { message: 'Incorrect API key provided.', code: 'invalid_api_key', type: 'invalid_request_error' },
    };
    response.writeHead(good ? 200 : 401, { 'content-type': 'application/json' });
    response.end(JSON.stringify(good ? { answer: 'hello', data: [] } : refusal));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    asked,
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
