import type { BodySource, Chunk } from '../answers/body-source';
import { beginsList } from '../answers/json-watch';
import type { Patience } from './stream-start';

/** A longer answer is not held in memory but passed on. Bytes. */
const MOST_WHOLE = 1024 * 1024;
const CLOSING: Readonly<Record<number, number>> = { 0x7b: 0x7d, 0x5b: 0x5d };

/** A JSON body as far as it was read. */
export interface ReadJson {
  readonly chunks: Uint8Array[];
  /** Set where it is all there. */
  readonly whole?: Buffer;
}

/**
 * Reads a JSON body whole. One that is long passes on, and so does a list, which streams (Google without `alt=sse`), unless it begins with an
 * error, and one of which nothing but blanks come for longer than `holdBackMs`: so some vendors keep a connection alive.
 * @param peek Looks at the next chunk, within the limits of the attempt.
 * @throws TypeError where the body ends before it is whole
 */
export async function wholeJson(
  source: BodySource,
  peek: () => Promise<Chunk>,
  patience: Patience,
  holdBackMs: number,
): Promise<ReadJson> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let isList: boolean | undefined;
  for (;;) {
    const isBlank = isList === undefined && length > 0;
    const chunk = await (isBlank ? Promise.race([peek(), patience.over]) : peek());
    if (!chunk) return { chunks };
    if (chunk.done) break;
    source.take();
    chunks.push(chunk.value);
    if (length === 0) patience.endIn(holdBackMs);
    length += chunk.value.byteLength;
    isList ??= beginsList(chunk.value);
    if (length > MOST_WHOLE || (isList && !mayBeginWithError(chunks))) return { chunks };
  }
  const whole = Buffer.concat(chunks);
  if (isCutOff(whole)) throw new TypeError('premature close');
  return { chunks, whole };
}

/** Whether the list begins with an error, as far as can be seen. */
function mayBeginWithError(chunks: readonly Uint8Array[]): boolean {
  const beginning = Buffer.concat(chunks).toString('latin1').replace(/\s/g, '').slice(0, 9);
  return '[{"error"'.startsWith(beginning);
}

/** Opened, and never closed: the connection ended, and nobody had said how much was to come. */
function isCutOff(body: Buffer): boolean {
  let first = 0;
  let last = body.length - 1;
  while (first < last && body[first]! <= 0x20) first += 1;
  while (last > first && body[last]! <= 0x20) last -= 1;
  const closing = CLOSING[body[first] ?? 0];
  return closing !== undefined && (first === last || body[last] !== closing);
}
