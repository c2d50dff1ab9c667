import type { IncomingHttpHeaders } from 'node:http';
import type { Credential } from './call';

const KEY_HEADERS = ['x-api-key', 'x-goog-api-key', 'api-key'] as const;
const QUERY_KEY = /(?:^|&)key=([^&]*)/;

/** Every credential of a request, whoever it is meant for: a test can see that exactly one arrived. */
export function credentialsOf(headers: IncomingHttpHeaders, query: string): Credential[] {
  const found: Credential[] = [];
  const bearer = headers.authorization;
  if (bearer !== undefined && /^bearer /i.test(bearer)) {
    found.push({ header: 'authorization', key: bearer.slice(7).trim() });
  }
  for (const header of KEY_HEADERS) {
    const value = headers[header];
    if (typeof value === 'string') found.push({ header, key: value });
  }
  const inUrl = query === '' ? null : QUERY_KEY.exec(query);
  if (inUrl !== null) found.push({ header: '?key', key: decodeURIComponent(inUrl[1] as string) });
  return found;
}

export function keyAmong(credentials: readonly Credential[], accepted: readonly string[]): string | undefined {
  for (const header of accepted) {
    const key = credentials.find((credential) => credential.header === header)?.key;
    if (key) return key;
  }
  return undefined;
}

export function maskedKey(key: string): string {
  return key.length < 19 ? '***' : `${key.slice(0, 7)}...${key.slice(-4)}`;
}
