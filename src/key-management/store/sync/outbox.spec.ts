import type { StoreChange } from '../port/key-store';
import { Outbox } from './outbox';

const register = (value: string, version = 1) => ({ value, version, tie: 'a' });

function drained(outbox: Outbox): StoreChange[][] {
  const batches: StoreChange[][] = [];
  for (let batch = outbox.next(); batch; batch = outbox.next()) {
    batches.push([...batch.changes]);
    outbox.done();
  }
  return batches;
}

describe('the outbox', () => {
  it('holds one entry per field, however often it changes', () => {
    const outbox = new Outbox('w');
    for (let i = 1; i <= 1_000; i += 1) {
      outbox.set('d', 'state', register(`${i}`, i));
      outbox.raise('d', 'usedAt', i);
      outbox.raise('d', 'calls', 2 * i);
    }
    expect(outbox.size).toBe(1);
    expect(drained(outbox)).toEqual([
      [
        { kind: 'set', doc: 'd', field: 'state', register: register('1000', 1_000) },
        { kind: 'max', doc: 'd', field: 'usedAt', value: 1_000 },
        { kind: 'max', doc: 'd', field: 'calls', value: 2_000 },
      ],
    ]);
    expect(outbox.size).toBe(0);
  });

  it('gives a batch again as it was until it is done', () => {
    const outbox = new Outbox('w');
    outbox.raise('d', 'calls', 1);
    const first = outbox.next();
    outbox.raise('d', 'calls', 2);
    expect(outbox.next()).toBe(first);
    outbox.done();
    expect(outbox.next()).toMatchObject({ id: 'w:2', changes: [{ value: 2 }] });
  });

  it('cuts what is too much for one write, also within a document', () => {
    const outbox = new Outbox('w');
    for (let i = 0; i < 10_000; i += 1) outbox.raise('large', `f${i}`, 1);
    for (let i = 0; i < 100; i += 1) outbox.raise(`d${i}`, 'calls', 1);
    const batches = drained(outbox);
    expect(Math.max(...batches.map(({ length }) => length))).toBeLessThanOrEqual(1_000);
    expect(batches.flat()).toHaveLength(10_100);
    expect(outbox.size).toBe(0);
  });

  it('sends what was set before what is counted', () => {
    const outbox = new Outbox('w');
    for (let i = 0; i < 2_500; i += 1) outbox.raise(`d${i}`, 'calls', 1);
    outbox.set('d2000', 'state', register('gone'));
    outbox.set('other', 'state', register('gone'));
    const batches = drained(outbox);
    expect(batches[0]!.slice(0, 3)).toMatchObject([
      { kind: 'set', doc: 'd2000' },
      { kind: 'max', doc: 'd2000' },
      { kind: 'set', doc: 'other' },
    ]);
    expect(batches.flat()).toHaveLength(2_502);
    expect(outbox.size).toBe(0);
  });

  it('knows since when it waits', () => {
    let now = 5;
    const outbox = new Outbox('w', () => now);
    expect(outbox.waitingSince).toBeUndefined();
    outbox.raise('d', 'calls', 1);
    now = 9;
    outbox.raise('e', 'calls', 1);
    expect(outbox.waitingSince).toBe(5);
    drained(outbox);
    expect(outbox.waitingSince).toBeUndefined();
  });

  it('writes nothing of a dropped document but its end', () => {
    const outbox = new Outbox('w');
    outbox.raise('d', 'calls', 1);
    outbox.drop('d');
    expect(drained(outbox)).toEqual([[{ kind: 'drop', doc: 'd' }]]);
  });

  it('C3: halves a batch that the store refuses until what is to blame stands alone, and loses nothing else', () => {
    const outbox = new Outbox('w');
    for (let i = 0; i < 100; i += 1) outbox.set(`d${i}`, 'state', register('x'));
    const written: string[] = [];
    const refused: string[] = [];
    for (let batch = outbox.next(); batch; batch = outbox.next()) {
      const docs = batch.changes.map(({ doc }) => doc);
      if (docs.some((doc) => doc === 'd17' || doc === 'd18' || doc === 'd99')) {
        const change = outbox.refused();
        if (change) refused.push(change.doc);
        continue;
      }
      for (const doc of docs) expect(outbox.holds(doc)).toBe(true);
      written.push(...docs);
      outbox.done();
      for (const doc of docs) expect(outbox.holds(doc)).toBe(false);
    }
    expect(refused).toEqual(['d17', 'd18', 'd99']);
    expect(written).toHaveLength(97);
    expect(outbox.size).toBe(0);
  });
});
