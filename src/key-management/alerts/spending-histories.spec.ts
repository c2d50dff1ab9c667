import { FakeClock } from '../../../test/support/fake-clock';
import { HOUR_MS } from '../forecast/spending-history';
import type { Json, StoredDocument } from '../store/port/key-store';
import type { PutOptions } from '../store/sync/store-link';
import { SpendingHistories } from './spending-histories';

const MINUTE = 60_000;

describe('SpendingHistories', () => {
  let clock: FakeClock;
  let stored: Map<string, Record<string, { value: Json; version: number }>>;
  let puts: string[];
  let aside: string[];
  function put(doc: string, field: string, value: Json, { to, atLeast = 0 }: PutOptions = {}): void {
    expect(to).toBe('nobody');
    puts.push(`${doc} ${field}`);
    stored.set(doc, { ...stored.get(doc), [field]: { value, version: atLeast } });
  }
  const make = (): SpendingHistories => {
    const histories = new SpendingHistories(
      {
        offsetMs: 0,
        own: () => undefined,
        put,
        drop: (doc) => void stored.delete(doc),
        setAside: (doc) => void aside.push(doc),
      },
      clock,
    );
    for (const document of documents()) histories.merge(document);
    return histories;
  };
  const documents = (): StoredDocument[] =>
    Array.from(stored, ([doc, registers]) => ({
      ...{ doc, maxima: {}, sums: {} },
      registers: Object.fromEntries(
        Object.entries(registers).map(([field, register]) => [field, { ...register, tie: 'x' }]),
      ),
    }));
  beforeEach(() => {
    clock = new FakeClock();
    [stored, puts, aside] = [new Map(), [], []];
  });

  /** Spends one each minute of each of these, and writes as the forecast does. */
  async function pass(histories: SpendingHistories, ms: number, names: readonly string[], isLeader = true) {
    for (let passed = 0; passed < ms; passed += MINUTE) {
      clock.skip(MINUTE);
      for (const name of names) {
        const kept = histories.use('openai', name, false);
        if (kept.history.readSpent(clock.now(), clock.now() / MINUTE)) kept.isNews = true;
      }
      await histories.write(await histories.takeDue(), isLeader);
    }
  }
  const sumOf = (histories: SpendingHistories, name: string): number =>
    histories
      .use('openai', name, false)
      .history.hourly(clock.now())
      .reduce((sum, { amount }) => sum + amount, 0);

  it('reads after a restart what was written, at most ten minutes before', async () => {
    await pass(make(), 200 * MINUTE, ['a', 'b']);
    const after = make();
    for (const name of ['a', 'b']) {
      expect(sumOf(after, name)).toBeGreaterThan(188);
      expect(sumOf(after, name)).toBeLessThanOrEqual(199);
    }
  });

  it('reads all of it where the app ended in good order', async () => {
    const before = make();
    await pass(before, 204 * MINUTE, ['a']);
    before.writeAll(true);
    expect(sumOf(make(), 'a')).toBeCloseTo(203, 1);
  });

  it('writes seven rows an hour of a thing that is in use, whatever is spent of it', async () => {
    const histories = make();
    await pass(histories, HOUR_MS, ['a']);
    puts = [];
    await pass(histories, 10 * HOUR_MS, ['a']);
    expect(puts.length).toBe(10 * 7);
    expect(puts.filter((each) => each.endsWith('hours'))).toHaveLength(10);
  });

  it('writes none of what nothing was ever spent of, and an hourly one of what is quiet', async () => {
    const histories = make();
    await pass(histories, 2 * HOUR_MS, ['a']);
    puts = [];
    for (let n = 0; n < 120; n += 1) {
      clock.skip(MINUTE);
      for (const name of ['a', 'never']) {
        const kept = histories.use('openai', name, false);
        kept.history.readSpent(clock.now(), name === 'a' ? 1e9 : 0);
      }
      await histories.write(await histories.takeDue(), true);
    }
    expect(stored.size).toBe(1);
    expect(puts.filter((each) => each.endsWith('hours'))).toHaveLength(2);
  });

  it('leaves it to the leader to write what all see, but for what no other may see', async () => {
    const histories = make();
    await pass(histories, 2 * HOUR_MS, ['a'], false);
    expect(puts).toEqual([]);
    histories.writeAll(false);
    expect(puts).toEqual([]);
    const own = histories.use('openai', 'own', true);
    for (let n = 0; n < 60; n += 1) {
      clock.skip(MINUTE);
      own.isNews = own.history.readSpent(clock.now(), n);
      await histories.write(await histories.takeDue(), false);
    }
    expect(new Set(puts.map((each) => each.split(' ')[0])).size).toBe(1);
  });

  it('does not write anew what nobody reads here: another instance may know better', async () => {
    await pass(make(), 2 * HOUR_MS, ['a']);
    const after = make();
    puts = [];
    await pass(after, 2 * HOUR_MS, []);
    after.writeAll(true);
    expect(puts).toEqual([]);
    expect(stored.size).toBe(1);
  });

  it('drops what nothing was spent of in a week, also of a provider that is not served', async () => {
    await pass(make(), 2 * HOUR_MS, ['a', 'b']);
    const [first] = documents();
    clock.skip(8 * 24 * HOUR_MS);
    const after = make();
    after.passedBy(first!);
    expect(stored.size).toBe(1);
    await pass(after, 2 * HOUR_MS, []);
    expect(stored.size).toBe(0);
    // And it may begin anew.
    await pass(after, 2 * HOUR_MS, ['a']);
    expect(stored.size).toBe(1);
  });

  it('keeps of a provider that is not served what may be of use', async () => {
    const histories = make();
    await pass(histories, 2 * HOUR_MS, ['a']);
    const [document] = documents();
    expect([histories.providerOf(document!.doc), histories.placesOf('openai')]).toEqual([
      'openai',
      [document!.doc.slice(0, document!.doc.lastIndexOf('/') + 1)],
    ]);
    histories.passedBy(document!);
    histories.forget('openai');
    expect(stored.size).toBe(1);
    expect(sumOf(histories, 'a')).toBe(0);
  });

  it('writes with a version by the clock, since what others wrote is not read', async () => {
    await pass(make(), 2 * HOUR_MS, ['a']);
    const [registers] = [...stored.values()];
    expect(registers!.hours!.version).toBeGreaterThan((clock.now() - HOUR_MS - MINUTE) / MINUTE);
  });

  it.each([null, 'x', { a: 1 }, [1, 2], [1, 'a', 1]])('sets %j aside', (value) => {
    stored.set('spending/openai/abc', { hours: { value, version: 1 } });
    make();
    expect(aside).toEqual(['spending/openai/abc']);
  });
});
