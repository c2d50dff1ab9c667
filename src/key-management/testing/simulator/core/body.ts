import type { IncomingMessage } from 'node:http';
import type { JsonObject } from './call';

export type RequestBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'json'; readonly value: JsonObject; readonly bytes: number }
  | { readonly kind: 'unparseable'; readonly bytes: number }
  | { readonly kind: 'too_large' };

const NONE: RequestBody = { kind: 'none' };

function parse(chunks: readonly Buffer[], bytes: number): RequestBody {
  if (bytes === 0) return NONE;
  try {
    const value: unknown = JSON.parse((chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)).toString());
    if (typeof value === 'object' && value !== null) return { kind: 'json', value: value as JsonObject, bytes };
  } catch {
    // Answered as the vendor answers it.
  }
  return { kind: 'unparseable', bytes };
}

/** Reads a bounded body; never calls back when the client leaves before its end. */
export function readBody(request: IncomingMessage, limit: number, done: (body: RequestBody) => void): void {
  if (request.method === 'GET') {
    done(NONE);
    return;
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  let over = false;
  request.on('data', (chunk: Buffer) => {
    if (over) return;
    bytes += chunk.length;
    if (bytes <= limit) {
      chunks.push(chunk);
      return;
    }
    over = true;
    chunks.length = 0;
    done({ kind: 'too_large' });
  });
  request.on('end', () => {
    if (!over) done(parse(chunks, bytes));
  });
  request.on('error', () => undefined);
}
