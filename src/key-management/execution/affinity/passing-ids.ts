import type { IdReader, Telling } from './id-reader';
import type { ObjectId } from './object-ids';

/** Ids stand at the beginning of an answer. Bytes. */
const MOST_BYTES = 16 * 1024;

/** Who is told of the ids in the answer of one call. */
export interface AnswerIds {
  readonly reader: IdReader;
  readonly telling: Telling;
  /** @param keyId The key that the call was answered with. */
  readonly onTold: (ids: readonly ObjectId[], keyId: string) => void;
}

/** Finds the ids in a whole body. @param text Of the body, one unit for each byte. */
export function idsInWhole({ reader, telling, onTold }: AnswerIds, text: string, keyId: string): void {
  const ids = reader.told(telling, text);
  if (ids.length > 0) onTold(ids, keyId);
}

/** Finds the ids in the beginning of a body that passes by, as soon as the first event with one is whole. It keeps 16 kB, and those not for long. */
export class PassingIds {
  #head = '';
  #isOver = false;

  constructor(
    private readonly ids: AnswerIds,
    private readonly isEvents: boolean,
    private readonly keyId: string,
  ) {}

  push(chunk: Uint8Array): void {
    if (this.#isOver) return;
    const bytes = chunk.subarray(0, MOST_BYTES - this.#head.length);
    this.#head += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    // A field after the id may name another object of the same event.
    const end = this.isEvents ? lastBlankLine(this.#head) : this.#head.length;
    const isFull = this.#head.length >= MOST_BYTES;
    if (end <= 0 && !isFull) return;
    const { reader, telling, onTold } = this.ids;
    const found = reader.told(telling, isFull ? this.#head : this.#head.slice(0, end));
    if (found.length === 0 && !isFull) return;
    this.#isOver = true;
    this.#head = '';
    if (found.length > 0) onTold(found, this.keyId);
  }
}

const lastBlankLine = (text: string): number => Math.max(text.lastIndexOf('\n\n'), text.lastIndexOf('\r\n\r\n'));
