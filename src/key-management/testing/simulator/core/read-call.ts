import type { IncomingMessage } from 'node:http';
import type { RequestBody } from './body';
import type { Call, Endpoint } from './call';
import { credentialsOf, keyAmong } from './credentials';
import type { VendorProfile } from './profile';

export interface Received {
  readonly request: Pick<IncomingMessage, 'method' | 'headers'>;
  readonly path: string;
  readonly query: string;
  readonly body: RequestBody;
  readonly endpoint: Endpoint | undefined;
  readonly requestId: string;
  readonly now: number;
  readonly models: readonly string[];
}

const NOWHERE: Endpoint = { surface: 'models', operation: 'models' };

export function readCall(received: Received, profile: VendorProfile): Call {
  const { request, path, query, body, endpoint = NOWHERE, requestId, now, models } = received;
  const credentials = credentialsOf(request.headers, query);
  const json = body.kind === 'json' ? body.value : undefined;
  // Google's array stream, without alt=sse, is a plain JSON answer.
  const sse = endpoint.stream === undefined ? json?.stream === true : query.includes('alt=sse');
  return {
    method: request.method as string,
    path,
    query,
    headers: request.headers,
    endpoint,
    key: keyAmong(credentials, profile.keyHeaders) ?? '',
    credentials,
    model: endpoint.model ?? (typeof json?.model === 'string' ? json.model : ''),
    stream: sse,
    body: json,
    bodyBytes: 'bytes' in body ? body.bytes : 0,
    requestId,
    now,
    models,
  };
}
