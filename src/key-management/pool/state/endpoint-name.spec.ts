import { endpointName, endpointOf } from './endpoint-name';

describe('the endpoint of a request', () => {
  it.each([
    ['POST', '/v1/embeddings', '/v1/embeddings'],
    ['post', '/v1/chat/completions', '/v1/chat/completions'],
    ['GET', '/v1/files', 'GET /v1/files'],
    ['GET', '/v1/files/file-abc123', 'GET /v1/files/{id}'],
    ['GET', '/v1/files/file-abc123/content', 'GET /v1/files/{id}/content'],
    ['DELETE', '/v1/responses/resp_68a1f', 'DELETE /v1/responses/{id}'],
    ['POST', '/v1beta/models/gemini-2.5-flash:generateContent', '/v1beta/models/{id}:generateContent'],
    ['POST', '/v1beta/models/embedding:embedContent', '/v1beta/models/{id}:embedContent'],
    ['POST', '/openai/deployments/mine/chat/completions', '/openai/deployments/{id}/chat/completions'],
    ['POST', '/v1/text-to-speech/21m00Tcm4TlvDq8ikWAM/stream', '/v1/text-to-speech/{id}/stream'],
    ['POST', '/api/paas/v4/chat/completions', '/api/paas/v4/chat/completions'],
    ['POST', '/v1/messages/count_tokens', '/v1/messages/count_tokens'],
    ['GET', '/', 'GET /'],
    ['POST', '/v1/t2a_v2', '/v1/t2a_v2'],
    ['POST', '/v1/12a', '/v1/{id}'],
    ['POST', '/v12/chat', '/v12/chat'],
    ['POST', '/v1beta2/chat', '/v1beta2/chat'],
    ['POST', '/xv1/chat', '/{id}/chat'],
    ['POST', '/v1-9f/chat', '/{id}/chat'],
    ['POST', '/v1/models:batchGet', '/v1/models:batchGet'],
    ['POST', '/v1/:generate', '/v1/{id}:generate'],
    ['POST', '/v1/models/x:generate-1', '/v1/models/{id}'],
    ['GET', '/v1/files/abc', 'GET /v1/files/{id}'],
    ['GET', '/v1/voices/abc', 'GET /v1/voices/{id}'],
    ['GET', '/v1/projects/abc', 'GET /v1/projects/{id}'],
    ['GET', '/v1/tunedModels/abc', 'GET /v1/tunedModels/{id}'],
  ])('A9: %s %s is %s', (method, path, name) => {
    expect(endpointOf(method, path)).toBe(name);
  });

  it('A9: is the one that the caller names', () => {
    for (const given of ['/v1/embeddings', 'POST /v1/embeddings', ' post  /v1/embeddings'])
      expect(endpointName(given)).toBe('/v1/embeddings');
    expect(endpointName('get /v1/files')).toBe('GET /v1/files');
    expect(endpointName('  ')).toBeUndefined();
    expect(endpointName(`${' '.repeat(400)}/v1/files`)).toBeUndefined();
    expect(endpointName('/v1 GET /v1/files')).toBe('/v1 GET /v1/files');
    expect(endpointName('/v1/ü')).toBe('/v1/_');
  });

  it('A9: is short, plain text, whatever it is made from', () => {
    for (const given of ['/x'.repeat(5_000), '/\ud800\udfff\ud800', '/\u0000\n/ü', '/%E2%82'])
      expect(endpointName(given)).toMatch(/^[\x20-\x7e]{1,100}$/);
  });
});
