import { Transform, type Duplex, type TransformCallback } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';

/** More encodings of one answer than any server has use for: each of them multiplies what a small answer may grow to. */
const MOST_ENCODINGS = 5;
/** As browsers decode: what was cut off gives what had come of it. */
const LENIENT = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const LENIENT_BROTLI = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
};

const DECODERS: ReadonlyMap<string, () => Duplex> = new Map<string, () => Duplex>([
  ['gzip', () => createGunzip(LENIENT)],
  ['x-gzip', () => createGunzip(LENIENT)],
  ['deflate', () => new Inflating()],
  ['br', () => createBrotliDecompress(LENIENT_BROTLI)],
]);

/**
 * What decodes a body with this `Content-Encoding`, in the order of the decoding; none where any of its encodings is unknown: the body stays as it is,
 * as fetch has it.
 * @throws TypeError for more than five
 */
export function decodersOf(encoding: string | null): Duplex[] {
  if (encoding === null) return [];
  const names = encoding.toLowerCase().split(',');
  if (names.length > MOST_ENCODINGS) throw new TypeError('The answer has too many content encodings.');
  const makers = names.map((name) => DECODERS.get(name.trim()));
  return makers.includes(undefined) ? [] : makers.reverse().map((make) => make!());
}

/** Inflates with a header of zlib, as the standard has it, or without one, as some servers send it. */
class Inflating extends Transform {
  #inflate: Transform | undefined;

  override _transform(chunk: Buffer, encoding: BufferEncoding, done: TransformCallback): void {
    if (chunk.length === 0) return done();
    this.#inflate ??= this.#begin((chunk[0]! & 0x0f) === 0x08);
    this.#inflate.write(chunk, encoding, done);
  }

  override _final(done: TransformCallback): void {
    if (!this.#inflate) return done();
    this.#inflate.once('end', () => done());
    this.#inflate.end();
  }

  #begin(hasHeader: boolean): Transform {
    const inflate = hasHeader ? createInflate(LENIENT) : createInflateRaw(LENIENT);
    inflate.on('data', (chunk: Buffer) => this.push(chunk));
    inflate.on('error', (error) => this.destroy(error));
    return inflate;
  }
}
