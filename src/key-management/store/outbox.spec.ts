import { Outbox } from './outbox';

describe('Outbox', () => {
  let now = 0;
  const outbox = (): Outbox => new Outbox('a', () => now);
  beforeEach(() => {
    now = 1_000;
  });

  it('drops a document with what waited for it, and lets it begin anew after that', () => {
    const box = outbox();
    box.add('series/x', 'r', 5);
    box.drop('series/x');
    box.add('series/x', 'r', 1);
    expect(box.next()?.changes).toEqual([
      { kind: 'drop', doc: 'series/x' },
      { kind: 'add', doc: 'series/x', field: 'r', by: 1 },
    ]);
    box.done();
    expect(box.next()).toBeUndefined();
  });

  it('loses none of many drops, and keeps each before what comes after it', () => {
    const box = outbox();
    for (let n = 0; n < 1_500; n += 1) box.drop(`old/${n}`);
    for (let n = 0; n < 1_500; n += 1) box.add(`old/${n}`, 'r', 1);
    const changes = [];
    for (let batch = box.next(); batch; batch = box.next()) {
      changes.push(...batch.changes);
      box.done();
    }
    expect(changes.filter(({ kind }) => kind === 'drop')).toHaveLength(1_500);
    expect(changes.filter(({ kind }) => kind === 'add')).toHaveLength(1_500);
    for (let n = 0; n < 1_500; n += 1) {
      const mine = changes.filter(({ doc }) => doc === `old/${n}`).map(({ kind }) => kind);
      expect(mine).toEqual(['drop', 'add']);
    }
  });

  it('knows since when the oldest change waits', () => {
    const box = outbox();
    expect(box.waitingSince).toBeUndefined();
    box.add('a', 'r', 1);
    now = 2_000;
    box.add('b', 'r', 1);
    expect(box.waitingSince).toBe(1_000);
    box.next();
    now = 3_000;
    box.add('c', 'r', 1);
    expect(box.waitingSince).toBe(1_000);
    box.done();
    expect(box.waitingSince).toBe(3_000);
    box.next();
    box.done();
    expect(box.waitingSince).toBeUndefined();
  });
});
