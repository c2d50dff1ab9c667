import { MinuteWindow } from './minute-window';

describe('MinuteWindow', () => {
  it('forgets a use when all of its second is more than a minute old', () => {
    const window = new MinuteWindow();
    window.add(5, 10_999);
    expect([window.used(10_999), window.used(70_999), window.used(71_000)]).toEqual([5, 5, 0]);
  });

  it('adds up what was used in one second, and in several', () => {
    const window = new MinuteWindow();
    window.add(1, 10_000);
    window.add(2, 10_500);
    window.add(4, 69_000);
    expect([window.used(69_000), window.used(71_000), window.used(130_000)]).toEqual([7, 4, 0]);
  });

  it('holds 61 seconds of a steady use, however long it goes on', () => {
    const window = new MinuteWindow();
    const used: number[] = [];
    for (let second = 0; second < 300; second += 1) {
      window.add(1, second * 1_000);
      used.push(window.used(second * 1_000));
    }
    expect(used).toEqual(used.map((_, second) => Math.min(61, second + 1)));
  });

  it('forgets all after a pause of any length', () => {
    for (const pauseMs of [61_000, 62_000, 122_000, 100_000_000]) {
      const window = new MinuteWindow();
      for (let second = 0; second < 61; second += 1) window.add(1, second * 1_000);
      expect(window.used(60_000 + pauseMs)).toBe(0);
      window.add(3, 60_000 + pauseMs);
      expect(window.used(60_000 + pauseMs)).toBe(3);
    }
  });

  it('counts a use under a clock that was set back as one of the newest second', () => {
    const window = new MinuteWindow();
    window.add(1, 100_000);
    window.add(2, 50_000);
    expect([window.used(160_999), window.used(161_000)]).toEqual([3, 0]);
  });

  it('says when enough is forgotten', () => {
    const window = new MinuteWindow();
    window.add(2, 10_000);
    window.add(3, 20_000);
    const freeAt = [5, 4, 3, 2, 0].map((allowed) => window.freeAt(allowed, 30_500));
    expect(freeAt).toEqual([30_500, 71_000, 71_000, 81_000, 81_000]);
  });

  it('says so in the first minute of all times, too', () => {
    const window = new MinuteWindow();
    window.add(1, 500);
    expect([window.freeAt(1, 700), window.freeAt(0, 700)]).toEqual([700, 61_000]);
  });

  it('says so of what is a minute old to the second', () => {
    const window = new MinuteWindow();
    window.add(1, 10_000);
    expect([window.freeAt(0, 70_500), window.freeAt(0, 71_000)]).toEqual([71_000, 71_000]);
  });
});
