import type { UsedKey } from '../checkers/vendor-access';
import type { FetchInput } from '../common/fetch-types';
import { parseJson } from '../common/text';
import type { ScriptedCall } from './scripted-call';
import type { VoicedRequest } from './simulator';

/** A call in the making: the status comes with the answer. */
type OpenCall = { -readonly [Field in keyof ScriptedCall]: ScriptedCall[Field] };

/** One request, as a vendor hears it and as the test sees it. */
export interface ScriptedRequest {
  readonly voiced: VoicedRequest;
  readonly call: OpenCall;
}

const MODEL_IN_PATH = /\/(?:models|deployments|model)\/([^/:]+)/;
const STREAM_IN_PATH = /:stream\w+$|\/converse-stream$|\/invoke-with-response-stream$/;

/** Reads a request as `fetch` would. @throws what `fetch` throws for one that cannot be made */
export async function scriptedRequest(
  input: FetchInput,
  init: RequestInit | undefined,
  { provider, keyId, apiKey }: UsedKey,
  now: number,
): Promise<ScriptedRequest> {
  const request = new Request(input, init);
  const url = new URL(request.url);
  const text = request.body === null ? '' : await request.text();
  const body = bodyOf(text);
  const fields = isObject(body) ? body : undefined;
  const named = fields?.model ?? MODEL_IN_PATH.exec(url.pathname)?.[1];
  return {
    voiced: {
      method: request.method,
      path: url.pathname,
      query: url.search.slice(1),
      headers: Object.fromEntries(request.headers),
      body: fields,
      bodyBytes: Buffer.byteLength(text),
      now,
    },
    call: {
      provider,
      keyId,
      method: request.method,
      path: url.pathname.replaceAll(apiKey, '***'),
      model: typeof named === 'string' ? decodeURIComponent(named) : undefined,
      stream: fields?.stream === true || STREAM_IN_PATH.test(url.pathname),
      body: text.includes(apiKey) ? bodyOf(text.replaceAll(apiKey, '***')) : body,
      status: undefined,
    },
  };
}

/** JSON as its value. */
const bodyOf = (text: string): unknown => parseJson(text) ?? (text === '' ? undefined : text);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
