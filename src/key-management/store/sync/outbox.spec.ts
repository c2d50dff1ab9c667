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
    expect(outbox.size).toBe(2);
    expect(drained(outbox)).toEqual([
      [{ kind: 'set', doc: 'd', field: 'state', register: register('1000', 1_000) }],
      [
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

  it('sends what all are to hear of before what is only added up', () => {
    const outbox = new Outbox('w');
    for (let i = 0; i < 2_500; i += 1) outbox.raise(`d${i}`, 'calls', 1);
    outbox.set('d2000', 'state', register('gone'));
    outbox.set('other', 'state', register('gone'));
    expect(outbox.next(false)).toMatchObject({
      audience: 'all',
      changes: [
        { kind: 'set', doc: 'd2000' },
        { kind: 'set', doc: 'other' },
      ],
    });
    outbox.done();
    expect(outbox.next(false)).toBeUndefined();
    expect([outbox.tellingSize, outbox.size]).toEqual([0, 2_500]);
    expect(outbox.next()).toMatchObject({ audience: 'nobody' });
    const batches = drained(outbox);
    expect(batches.flat()).toHaveLength(2_500);
    expect(outbox.size).toBe(0);
  });

  it('sends each audience what is for it, in batches of its own', () => {
    const outbox = new Outbox('w');
    outbox.set('log', 'entry', register('x'), 'nobody');
    outbox.set('share', 'grant', register('half'), { instance: 'i1' });
    outbox.set('share', 'grant', register('all'), { instance: 'i2' });
    outbox.set('d', 'state', register('gone'));
    outbox.drop('old', 'nobody');
    const sent: unknown[] = [];
    for (let batch = outbox.next(); batch; batch = outbox.next()) {
      sent.push([batch.audience, batch.changes.map(({ kind, doc }) => `${kind} ${doc}`)]);
      outbox.done();
    }
    expect(sent).toEqual([
      ['all', ['set d']],
      [{ instance: 'i1' }, ['set share']],
      [{ instance: 'i2' }, ['set share']],
      ['nobody', ['drop old', 'set log']],
    ]);
    expect(outbox.size).toBe(0);
  });

  it('knows since when somebody waits to hear, or a batch is on its way', () => {
    let now = 5;
    const outbox = new Outbox('w', () => now);
    outbox.raise('d', 'calls', 1);
    expect(outbox.waitingSince).toBeUndefined();
    now = 7;
    outbox.set('d', 'state', register('gone'));
    now = 9;
    outbox.set('e', 'state', register('gone'));
    expect(outbox.waitingSince).toBe(7);
    outbox.next();
    now = 10;
    expect(outbox.waitingSince).toBe(7);
    outbox.done();
    outbox.next();
    now = 11;
    expect(outbox.waitingSince).toBe(10);
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
