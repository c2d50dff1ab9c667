import { text } from 'node:stream/consumers';
import { ReplayedStream } from './request-body';

const BOUND = 10;

describe('a streamed body', () => {
  let reads: number;
  let returned: boolean;
  beforeEach(() => {
    [reads, returned] = [0, false];
  });

  async function* source(chunks: readonly (string | Error)[]) {
    try {
      for (const chunk of chunks) {
        reads += 1;
        if (chunk instanceof Error) throw chunk;
        yield await Promise.resolve(Buffer.from(chunk));
      }
    } finally {
      returned = true;
    }
  }
  const body = (...chunks: (string | Error)[]) => new ReplayedStream(source(chunks), BOUND);
  const readOf = async (stream: ReadableStream<Uint8Array>, chunks: number): Promise<string> => {
    const reader = stream.getReader();
    let read = '';
    for (let n = 0; n < chunks; n += 1) read += Buffer.from((await reader.read()).value!).toString();
    return read;
  };

  it('D13: is the same for every attempt, wherever the one before stopped', async () => {
    const replayed = body('ab', 'cd', 'ef');
    expect(await readOf(replayed.value, 2)).toBe('abcd');
    expect([await text(replayed.value), await text(replayed.value)]).toEqual(['abcdef', 'abcdef']);
    expect({ once: replayed.once, reads }).toEqual({ once: false, reads: 3 });
  });

  it('D13: is read no faster than it is sent, and nothing before', async () => {
    const replayed = body('ab', 'cd');
    const { value } = replayed;
    await Promise.resolve();
    expect(reads).toBe(0);
    expect(await readOf(value, 1)).toBe('ab');
    expect(reads).toBe(1);
  });

  it('D13: can be sent again until more than the bound was sent', async () => {
    const replayed = body('0123456789', 'x', 'y');
    expect(await readOf(replayed.value, 1)).toBe('0123456789');
    expect(replayed.once).toBe(false);
    const stream = replayed.value;
    expect(await readOf(stream, 2)).toBe('0123456789x');
    expect(replayed.once).toBe(true);
    await expect(readOf(replayed.value, 1)).rejects.toThrow(TypeError);
  });

  it('D13: is whole where it is longer than the bound, and is sent once', async () => {
    const replayed = body('0123456789', 'x', 'y'.repeat(50), 'z');
    expect(await text(replayed.value)).toBe(`0123456789x${'y'.repeat(50)}z`);
    expect(replayed.once).toBe(true);
  });

  it('stops an attempt that is over, and gives the next one what that had asked for', async () => {
    const replayed = body('ab', 'cd');
    const pending = readOf(replayed.value, 1);
    const next = text(replayed.value);
    await expect(pending).rejects.toThrow('is over');
    expect(await next).toBe('abcd');
  });

  it('breaks with the error of its source, and is not sent again', async () => {
    const replayed = body('ab', new RangeError('disk'));
    await expect(text(replayed.value)).rejects.toThrow('disk');
    expect(replayed).toMatchObject({ once: true, failure: { error: expect.any(RangeError) } });
    await expect(text(replayed.value)).rejects.toThrow(RangeError);
  });

  it('takes text for UTF-8, and nothing else but bytes', async () => {
    const of = (chunk: unknown) =>
      new ReplayedStream(
        (async function* () {
          yield await Promise.resolve(chunk);
        })(),
      );
    expect(await text(of('grün').value)).toBe('grün');
    await expect(text(of({}).value)).rejects.toThrow('bytes (Uint8Array) or text');
  });

  it.each([
    [['ab', 'cd'], 'abcd'],
    [['0123456789'], '0123456789'],
    [['0123456789', 'x', 'y'], undefined],
  ])('is read beforehand where it is within the bound: %p', async (chunks, whole) => {
    const replayed = body(...chunks);
    expect((await replayed.whole())?.toString()).toBe(whole);
    expect(replayed.once).toBe(false);
    expect(await text(replayed.value)).toBe(chunks.join(''));
  });

  describe('lets its source go', () => {
    it('when the call has failed', async () => {
      const replayed = body('ab', 'cd');
      await readOf(replayed.value, 1);
      replayed.ended(false);
      await new Promise(setImmediate);
      expect(returned).toBe(true);
    });

    it('when the call has succeeded and the body is sent', async () => {
      const replayed = body('ab', 'cd', 'ef');
      const stream = replayed.value;
      const reader = stream.getReader();
      await reader.read();
      replayed.ended(true);
      await new Promise(setImmediate);
      // The vendor answers already, and still reads.
      expect(returned).toBe(false);
      await reader.read();
      await reader.cancel();
      await new Promise(setImmediate);
      expect(returned).toBe(true);
    });
  });
});
