import { ClosedPools } from './closed-pools';

describe('ClosedPools', () => {
  let sizes: Map<string, number>;
  let open: Set<string>;
  let closed: ClosedPools;
  beforeEach(() => {
    sizes = new Map();
    open = new Set();
    closed = new ClosedPools(
      10,
      (name) => sizes.get(name) ?? 0,
      (name) => open.has(name),
      (name) => sizes.delete(name),
    );
  });
  const close = (name: string, size: number): void => {
    if (size > 0) sizes.set(name, size);
    open.delete(name);
    closed.add(name);
  };

  it('forgets those that were closed first, as far as there is too much', () => {
    for (const name of ['a', 'b', 'c']) close(name, 4);
    expect([...sizes.keys()]).toEqual(['b', 'c']);
    close('d', 9);
    expect([...sizes.keys()]).toEqual(['d']);
  });

  it('forgets one that is too much by itself', () => {
    close('a', 11);
    expect(sizes.size).toBe(0);
    expect(closed.count).toBe(0);
  });

  it('notes nothing of pools of which nothing is known', () => {
    for (let n = 0; n < 2_000; n += 1) close(`customer-${n}`, 0);
    expect(closed.count).toBe(0);
  });

  it('leaves those that are open again, until they are closed again', () => {
    close('a', 6);
    open.add('a');
    close('b', 6);
    expect([...sizes.keys()]).toEqual(['a', 'b']);
    close('a', 6);
    expect([...sizes.keys()]).toEqual(['a']);
  });

  it('keeps no more of 2,000 pools than of a few', () => {
    for (let n = 0; n < 2_000; n += 1) close(`customer-${n}`, 1);
    expect([...sizes.keys()]).toEqual(Array.from({ length: 10 }, (_, n) => `customer-${1_990 + n}`));
    expect(closed.count).toBe(10);
  });
});
