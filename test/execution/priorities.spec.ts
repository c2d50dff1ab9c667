import type { ExecuteOptions } from '../../src/key-management/execution/execution.types';
import { settle } from '../support/fake-clock';
import { Harness } from './harness';

/** Calls that answer when they are told to. */
class Held {
  readonly #answers: (() => void)[] = [];
  readonly begun: string[] = [];

  call(name: string): () => Promise<string> {
    return () => {
      this.begun.push(name);
      return new Promise((resolve) => this.#answers.push(() => resolve(name)));
    };
  }

  async answer(): Promise<void> {
    this.#answers.shift()!();
    await settle();
  }
}

let harness: Harness;
let held: Held;
beforeEach(() => {
  harness = new Harness();
  held = new Held();
});

const run = (name: string, options: ExecuteOptions = {}) => harness.run(options, held.call(name));
const batch = (name: string, options: ExecuteOptions = {}) => run(name, { ...options, priority: 'batch' });

describe('a batch call', () => {
  it('begins at once where nothing is scarce, interactive calls or not', async () => {
    // More than one: an account that is new gets a few calls first.
    for (const key of ['a', 'b', 'c']) harness.add(key);
    void batch('first');
    void run('interactive');
    void batch('second');
    await settle();
    expect(held.begun).toEqual(['first', 'interactive', 'second']);
  });

  it('waits behind interactive calls that came after it', async () => {
    harness.add('a', [undefined], { limits: { concurrency: 1 } });
    void run('holds the key');
    void batch('batch');
    void run('later');
    void run('latest', { priority: 'interactive' });
    await settle();
    for (let n = 0; n < 3; n += 1) await held.answer();
    expect(held.begun).toEqual(['holds the key', 'later', 'latest']);
    // An interactive call came within the last second: the only place is kept for the next one.
    await harness.clock.advance(1_000);
    expect(held.begun).toEqual(['holds the key', 'later', 'latest', 'batch']);
  });

  it.each<[string, object, number | undefined]>([
    ['calls in flight', { concurrency: 2 }, undefined],
    ['requests', { requestsPerMinute: 2 }, undefined],
    ['tokens', { tokensPerMinute: 2_000 }, 900],
  ])('does not take the last of a limit of %s while interactive calls come', async (_, limits, estimatedTokens) => {
    harness.add('a', [undefined], { limits });
    const size = { estimatedTokens };
    // From the first batch call on interactive calls are noticed.
    void batch('first', { ...size, maxWaitMs: 0 });
    await settle();
    expect(held.begun).toEqual(['first']);
    void run('interactive', { ...size, maxWaitMs: 0 });
    await settle();
    expect(held.begun).toEqual(['first', 'interactive']);
    harness.add('c', [undefined], { limits });
    void batch('last of both', { ...size, maxWaitMs: 20_000 });
    await settle();
    // The second key has room for two.
    expect(held.begun).toHaveLength(3);
    void batch('too many', { ...size, maxWaitMs: 20_000 });
    await harness.clock.advance(999);
    expect(held.begun).toHaveLength(3);
    await harness.clock.advance(1);
    expect(held.begun.at(-1)).toBe('too many');
  });

  it('counts as interactive after half of its wait, and is served then in turn', async () => {
    harness.add('a', [undefined], { limits: { concurrency: 1 } });
    void run('holds the key');
    void batch('batch', { maxWaitMs: 6_000 });
    await settle();
    for (let n = 0; n < 8; n += 1) {
      void run(`interactive ${n}`);
      await harness.clock.advance(500);
      await held.answer();
    }
    const place = held.begun.indexOf('batch');
    expect(place).toBeGreaterThanOrEqual(6);
    expect(place).toBeLessThanOrEqual(8);
  });

  it('counts as interactive after ten seconds, however long it may wait', async () => {
    harness.add('a', [undefined], { limits: { concurrency: 1 } });
    void run('holds the key');
    void batch('batch', { maxWaitMs: Infinity });
    await settle();
    for (let n = 0; n < 24 && !held.begun.includes('batch'); n += 1) {
      void run(`interactive ${n}`, { maxWaitMs: 60_000 });
      await harness.clock.advance(500);
      await held.answer();
    }
    expect(held.begun.length).toBeGreaterThan(18);
    expect(held.begun).toContain('batch');
  });
});
