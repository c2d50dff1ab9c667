import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type Database } from './database';
import { parsePath } from './path';
import { ProtocolError } from './protocol-error';
import { toJson } from './tree';

/** The REST side: `GET /path.json`, for looking at the data; everything else is refused. */
export function answerCooldown(
  request: IncomingMessage,
  response: ServerResponse,
  token: string,
  databaseOf: (namespace: string) => Database,
): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const refuse = (status: number, error: string): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
  };
  if (request.headers.authorization !== `Bearer ${token}` && url.searchParams.get('access_token') !== token) {
    return refuse(401, 'Unauthorized request.');
  }
  const unknown = [...url.searchParams.keys()].find((name) => name !== 'ns' && name !== 'access_token');
  if (request.method !== 'GET' || unknown !== undefined || !url.pathname.endsWith('.json')) {
    return refuse(501, 'Not implemented by this server');
  }
  try {
    const path = parsePath(decodeURIComponent(url.pathname.slice(0, -'.json'.length)));
    const data = toJson(databaseOf(url.searchParams.get('ns') ?? 'default').get(path));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(data));
  } catch (error) {
    if (!(error instanceof ProtocolError || error instanceof URIError)) throw error;
    refuse(400, error.message);
  }
}
