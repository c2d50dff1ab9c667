import { KeptLimits } from './kept-limits';

describe('limits that are kept for a call', () => {
  const [holder, other] = [{}, {}];
  const free = (): { keptFor: object | undefined } => ({ keptFor: undefined });

  it('pass all others over until they are given back', () => {
    const [kept, limits] = [new KeptLimits(), free()];
    kept.keep(limits, holder);
    expect(limits.keptFor).toBe(holder);
    expect([kept.size, kept.has(holder), kept.has(other)]).toEqual([1, true, false]);
    kept.giveBack(holder);
    expect([limits.keptFor, kept.size, kept.has(holder)]).toEqual([undefined, 0, false]);
  });

  it('stay with whom they are kept for', () => {
    const [kept, limits] = [new KeptLimits(), free()];
    kept.keep(limits, holder);
    kept.keep(limits, other);
    kept.giveBack(other);
    expect(limits.keptFor).toBe(holder);
    expect([kept.size, kept.has(other)]).toEqual([1, false]);
  });

  it('are of one account for each call', () => {
    const [kept, first, second] = [new KeptLimits(), free(), free()];
    kept.keep(first, holder);
    kept.keep(second, holder);
    expect([first.keptFor, kept.size]).toEqual([undefined, 1]);
    expect(second.keptFor).toBe(holder);
  });
});
