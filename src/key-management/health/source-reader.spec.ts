import { FakeClock } from '../../../test/support/fake-clock';
import type { KeySource } from '../configuration/key-source';
import { READ_TIMEOUT_MS, SourceReader, type SourceKeys } from './source-reader';

const SECOND = 1_000;

describe('SourceReader', () => {
  let clock: FakeClock;
  let reads: number[];
  let taken: SourceKeys[];
  let failed: string[];
  let recovered: number;
  let changed: (() => void) | undefined;
  let ended: number;
  let answer: () => Promise<SourceKeys>;
  let reader: SourceReader;
  let signals: AbortSignal[];
  let take: () => Promise<void>;

  beforeEach(() => {
    clock = new FakeClock(0);
    [reads, taken, failed, recovered, ended, signals] = [[], [], [], 0, 0, []];
    changed = undefined;
    answer = () => Promise.resolve(['a key']);
    take = () => Promise.resolve();
  });
  afterEach(() => reader.close());

  async function start(source: Partial<KeySource> = {}): Promise<void> {
    const read: KeySource['read'] = ({ signal }) => {
      reads.push(clock.now());
      signals.push(signal);
      return answer();
    };
    const watch: KeySource['watch'] = (callback) => {
      changed = callback;
      return () => void (ended += 1);
    };
    reader = new SourceReader(
      'openai',
      { read, watch, ...source },
      {
        read: async (keys) => {
          await take();
          taken.push(keys);
        },
        failed: (error) => void failed.push((error as Error).message),
        recovered: () => void (recovered += 1),
        unwatched: (error) => void failed.push(`unwatched: ${(error as Error).message}`),
      },
      clock,
      () => 1,
    );
    await reader.first();
    reader.start();
  }

  it('is read every minute where the source says nothing else', async () => {
    await start({ watch: undefined });
    await clock.advance(180 * SECOND);
    expect(reads).toEqual([0, 60_000, 120_000, 180_000]);
    expect(taken).toHaveLength(4);
  });

  it('is read soon after a change, once for a bunch of them, and once a second for a watcher that never stops', async () => {
    await start({ refreshMs: 600 * SECOND });
    await clock.advance(10 * SECOND);
    for (let n = 0; n < 100; n += 1) changed!();
    await clock.advance(10 * SECOND);
    expect(reads).toEqual([0, 10_250]);
    for (let n = 0; n < 100; n += 1) {
      changed!();
      await clock.advance(50);
    }
    expect(reads.slice(2)).toEqual([20_250, 21_250, 22_250, 23_250, 24_250]);
  });

  it('never overlaps: what changes during a read is read afterwards', async () => {
    let resolve: (keys: SourceKeys) => void = () => undefined;
    await start({ refreshMs: 600 * SECOND });
    answer = () => new Promise((done) => (resolve = done));
    changed!();
    await clock.advance(2 * SECOND);
    expect(reads).toHaveLength(2);
    changed!();
    await clock.advance(5 * SECOND);
    expect(reads).toHaveLength(2);
    let release: () => void = () => undefined;
    take = () => new Promise((done) => (release = done));
    answer = () => Promise.resolve(['another']);
    resolve(['late']);
    await clock.advance(5 * SECOND);
    // Its keys are still being taken in.
    expect(reads).toHaveLength(2);
    take = () => Promise.resolve();
    release();
    await clock.advance(SECOND);
    expect(reads).toHaveLength(3);
    expect(taken).toEqual([['a key'], ['late'], ['another']]);
  });

  it('is read again after 1 s, 2 s, 4 s … where it fails, at once where it says that it changed, and says when it is well', async () => {
    await start({ refreshMs: 600 * SECOND });
    answer = () => Promise.reject(new Error('away'));
    changed!();
    await clock.advance(10 * SECOND);
    expect(reads).toEqual([0, 1_000, 2_000, 4_000, 8_000]);
    changed!();
    answer = () => Promise.resolve(['a key']);
    await clock.advance(SECOND);
    expect(reads.at(-1)).toBe(10_250);
    expect([failed.length, recovered, reader.failures, reader.lastReadAt]).toEqual([4, 1, 0, 10_250]);
    await clock.advance(599 * SECOND);
    expect(reads).toHaveLength(6);
  });

  it.each<[string, () => Promise<SourceKeys>, string]>([
    [
      'throws at once',
      () => {
        throw new Error('at once');
      },
      'at once',
    ],
    ['gives no list', () => Promise.resolve('sk-1' as never), 'it must give a list of keys'],
    ['takes too long', () => new Promise(() => undefined), 'it took more than 10 s'],
  ])('counts a read that %s as failed', async (_, bad, message) => {
    await start({ watch: undefined, refreshMs: 20 * SECOND });
    answer = bad;
    await clock.advance(20 * SECOND + READ_TIMEOUT_MS);
    expect(failed[0]).toBe(message);
    expect(taken).toEqual([['a key']]);
    if (message.includes('10 s')) expect(signals[1]!.aborted).toBe(true);
  });

  it('reads a source that cannot be watched from time to time', async () => {
    await start({
      refreshMs: 5 * SECOND,
      watch: () => {
        throw new Error('no inotify');
      },
    });
    await clock.advance(5 * SECOND);
    expect([failed, reads]).toEqual([['unwatched: no inotify'], [0, 5_000]]);
  });

  it('ends watch, timers and the read that is under way when it closes', async () => {
    await start({ refreshMs: 5 * SECOND });
    let resolve: (keys: SourceKeys) => void = () => undefined;
    answer = () => new Promise((done) => (resolve = done));
    await clock.advance(5 * SECOND);
    reader.close();
    expect([ended, signals[1]!.aborted]).toEqual([1, true]);
    resolve(['too late']);
    changed!();
    await clock.advance(60 * SECOND);
    expect([taken, reads.length, clock.pendingTimers]).toEqual([[['a key']], 2, 0]);
  });
});
