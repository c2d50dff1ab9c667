import { KeyNumbers } from './key-numbers';

describe('KeyNumbers', () => {
  it('forgets a provider with the last row of its last key', () => {
    const numbers = new KeyNumbers();
    const [first, second] = [numbers.of('customer-1', 'a'), numbers.of('customer-1', 'b')];
    for (const keyNumber of [first, second, first]) numbers.hold(keyNumber);
    numbers.release(second);
    numbers.release(first);
    expect([...numbers.providers()]).toEqual(['customer-1']);
    numbers.release(first);
    expect([...numbers.providers()]).toEqual([]);
    expect(numbers.of('customer-2', 'c')).toBe(first);
  });
});
