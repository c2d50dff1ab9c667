import { isFailedAnswer, mayReportFailure } from '../../classification/evidence/body-facts';
import { jsonIn } from '../../classification/evidence/body-tree';

/** What of a body is kept to be looked at: its beginning, and of a list its end. Bytes. */
const KEPT = 64 * 1024;
const LIST = 0x5b;

/** Finds the failure that a JSON body reports: the whole of a short one, or the last item of a list that streams (Google without `alt=sse`). */
export class JsonWatch {
  readonly #head: Uint8Array[] = [];
  #tail: Buffer = EMPTY;
  #length = 0;
  #isList: boolean | undefined;

  constructor(private readonly asked: boolean) {}

  push(chunk: Uint8Array): undefined {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#isList ??= beginsList(bytes);
    if (this.#length < KEPT) this.#head.push(bytes.subarray(0, KEPT - this.#length));
    this.#length += bytes.length;
    if (!this.#isList || this.#length <= KEPT) return;
    const tail = bytes.length >= KEPT ? bytes : Buffer.concat([this.#tail, bytes]);
    this.#tail = tail.subarray(Math.max(0, tail.length - KEPT));
  }

  end(): string | undefined {
    const text = Buffer.concat(this.#length <= KEPT ? this.#head : [this.#tail]).toString('utf8');
    if (!mayReportFailure(text)) return undefined;
    if (this.#isList) return lastError(text);
    return this.#length <= KEPT && isFailedAnswer(jsonIn(text), this.asked) ? text : undefined;
  }
}

const EMPTY = Buffer.alloc(0);

/** Whether the first byte that is no blank opens a list; undefined as long as there are only blanks. */
export function beginsList(bytes: Uint8Array): boolean | undefined {
  for (const byte of bytes) if (byte > 0x20) return byte === LIST;
  return undefined;
}

/** The last item of the list, where it is an error: it ends the answer. */
function lastError(text: string): string | undefined {
  const end = text.lastIndexOf(']');
  for (let at = text.lastIndexOf('{"error"'), tries = 0; at >= 0 && tries < 4; tries += 1) {
    const item = text.slice(at, end < at ? undefined : end);
    if (isFailedAnswer(jsonIn(item))) return item;
    at = at === 0 ? -1 : text.lastIndexOf('{"error"', at - 1);
  }
  return isFailedAnswer(jsonIn(text)) ? text : undefined;
}
