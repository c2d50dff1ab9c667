import { isStreamError } from '../../classification/evidence/error-evidence';

/** A line beyond this is no error event. Bytes. */
const LONGEST_LINE = 64 * 1024;
/** Of an error event, or of MiniMax's word on how it went. */
const MARKS = ['"error"', '"base_resp"'];
const LINE_FEED = 10;

/** Finds error events in a stream that passes by. Costs one search per chunk; parses only what looks like an error. */
export class ErrorWatch {
  #rest: Buffer | undefined;
  #skipping = false;

  /** The data of the first error event that this chunk completes. */
  push(chunk: Uint8Array): string | undefined {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    if (end === 0) {
      this.#keep(bytes);
      return undefined;
    }
    const lines = this.#rest ? Buffer.concat([this.#rest, bytes.subarray(0, end)]) : bytes.subarray(0, end);
    // The rest of a line too long is no line of its own.
    const from = this.#skipping ? lines.indexOf(LINE_FEED) + 1 : 0;
    this.#rest = undefined;
    this.#skipping = false;
    if (end < bytes.length) this.#keep(bytes.subarray(end));
    return errorIn(lines, from);
  }

  /** The stream has ended, perhaps without a last line's end. */
  end(): string | undefined {
    const rest = this.#rest;
    this.#rest = undefined;
    return rest && errorIn(rest, 0);
  }

  #keep(bytes: Buffer): void {
    if (this.#skipping) return;
    const length = (this.#rest?.length ?? 0) + bytes.length;
    this.#skipping = length > LONGEST_LINE;
    this.#rest = this.#skipping ? undefined : this.#rest ? Buffer.concat([this.#rest, bytes]) : bytes;
  }
}

function errorIn(bytes: Buffer, from: number): string | undefined {
  if (!MARKS.some((mark) => bytes.includes(mark, from))) return undefined;
  for (const line of bytes.toString('utf8', from).split(/[\r\n]+/)) {
    if (!line.startsWith('data:') || !MARKS.some((mark) => line.includes(mark))) continue;
    const data = line.slice(5);
    if (isStreamError(data)) return data;
  }
  return undefined;
}
