import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Flood } from '../behaviour';
import type { OpenAnswer } from './open-answer';

/** Writes a body without end, or a very long one, no faster than it is read. Ends when the client leaves. */
export async function pour(flood: Flood, responder: OpenAnswer): Promise<void> {
  const { status = 200, headers = {}, encoding } = flood;
  responder.writeHead(status, { ...headers, ...(encoding && { 'content-encoding': encoding }) });
  const body = Readable.from(chunksOf(flood, responder), { objectMode: false });
  const { response } = responder;
  // The client may leave at any time: that ends the flood and is no fault.
  await (encoding ? pipeline(body, createGzip(), response) : pipeline(body, response)).catch(() => undefined);
}

async function* chunksOf(
  { first = '', chunk, bytes = Infinity, everyMs }: Flood,
  responder: OpenAnswer,
): AsyncGenerator<Buffer> {
  const whole = Buffer.from(chunk);
  if (first !== '') yield Buffer.from(first);
  for (let left = bytes; left > 0 && !responder.isClosed; left -= whole.length) {
    if (everyMs !== undefined) await new Promise<void>((resolve) => responder.pause(everyMs, resolve));
    const part = left < whole.length ? whole.subarray(0, left) : whole;
    responder.onFlooded(part.length);
    yield part;
  }
}
