import type { Model, Provider } from './faults';

export interface VendorRequest {
  readonly provider: Provider;
  readonly baseUrl: string;
  readonly model: Model;
  readonly stream?: boolean;
  /** Where it is missing, the managed fetch sets the credential. */
  readonly apiKey?: string;
}

const SAID = 'Hello there';

/** A request for a generation, in the format of the vendor. */
export function vendorRequest({ provider, baseUrl, model, stream = false, apiKey = 'managed' }: VendorRequest): {
  url: string;
  init: RequestInit;
} {
  const messages = [{ role: 'user', content: SAID }];
  switch (provider) {
    case 'openai':
      return post(`${baseUrl}/v1/chat/completions`, { authorization: `Bearer ${apiKey}` }, { model, messages, stream });
    case 'anthropic':
      return post(
        `${baseUrl}/v1/messages`,
        { 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' },
        { model, max_tokens: 64, messages, stream },
      );
    case 'google':
      return post(
        `${baseUrl}/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
        { 'x-goog-api-key': apiKey },
        { contents: [{ role: 'user', parts: [{ text: SAID }] }] },
      );
  }
}

function post(url: string, headers: Record<string, string>, body: object): { url: string; init: RequestInit } {
  return {
    url,
    init: { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) },
  };
}
