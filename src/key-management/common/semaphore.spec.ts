import { settle } from '../../../test/support/fake-clock';
import { Semaphore } from './semaphore';

describe('Semaphore', () => {
  /** Work that ends when told to. */
  function works(count: number) {
    const ends: (() => void)[] = [];
    const begun: number[] = [];
    const work = Array.from({ length: count }, (_, n) => () => {
      begun.push(n);
      return new Promise<number>((resolve) => (ends[n] = () => resolve(n)));
    });
    return { work, begun, end: (n: number) => ends[n]!() };
  }

  it('runs so many at once, and the others in their order', async () => {
    const gate = new Semaphore(2);
    const { work, begun, end } = works(5);
    const all = Promise.all(work.map((each) => gate.run(each)));
    await settle();
    expect(begun).toEqual([0, 1]);
    end(1);
    await settle();
    expect(begun).toEqual([0, 1, 2]);
    end(0);
    end(2);
    await settle();
    expect(begun).toEqual([0, 1, 2, 3, 4]);
    end(3);
    end(4);
    await expect(all).resolves.toEqual([0, 1, 2, 3, 4]);
  });

  it('goes on after work that failed', async () => {
    const gate = new Semaphore(1);
    await expect(gate.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await expect(gate.run(() => Promise.resolve('done'))).resolves.toBe('done');
  });
});
