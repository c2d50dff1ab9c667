import type { SimulatedVendor } from '../../src/key-management/testing/simulator';

export interface RawCall {
  readonly model?: string;
  readonly stream?: boolean;
  readonly surface?: 'generate' | 'responses' | 'models';
  readonly signal?: AbortSignal;
  readonly body?: object;
}

const USER = [{ role: 'user', content: 'Hi' }];

/** The plain HTTP of a call, credential header included, for what SDKs would interpret. */
export function rawCall(vendor: SimulatedVendor, key: string, call: RawCall = {}): Promise<Response> {
  const { model = 'some-model', stream = false, surface = 'generate', signal, body } = call;
  const init = (headers: Record<string, string>, payload: object): RequestInit => ({
    headers: key === '' ? { 'anthropic-version': headers['anthropic-version'] ?? '' } : headers,
    ...(surface === 'models' ? {} : { method: 'POST', body: JSON.stringify(body ?? payload) }),
    ...(signal ? { signal } : {}),
  });
  if (vendor.profile.name === 'anthropic') {
    const path = surface === 'models' ? '/v1/models' : '/v1/messages';
    const headers = { 'x-api-key': key, 'anthropic-version': '2023-06-01' };
    return fetch(vendor.baseUrl + path, init(headers, { model, max_tokens: 64, messages: USER, stream }));
  }
  if (vendor.profile.name === 'google') {
    const action = stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
    const path = surface === 'models' ? '/v1beta/models' : `/v1beta/models/${encodeURIComponent(model)}:${action}`;
    return fetch(vendor.baseUrl + path, init({ 'x-goog-api-key': key }, { contents: [{ parts: [{ text: 'Hi' }] }] }));
  }
  const path = { models: '/v1/models', responses: '/v1/responses', generate: '/v1/chat/completions' }[surface];
  const payload = surface === 'responses' ? { model, input: 'Hi', stream } : { model, messages: USER, stream };
  return fetch(vendor.baseUrl + path, init({ authorization: `Bearer ${key}` }, payload));
}
