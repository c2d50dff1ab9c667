import { KeyNumbers } from './key-numbers';

describe('KeyNumbers', () => {
  it('forgets a provider with its last key, and no sooner', () => {
    const numbers = new KeyNumbers();
    const [one, two] = ['a', 'b'].map((keyId) => numbers.of('customer-17', keyId)) as [number, number];
    for (const each of [one, two]) numbers.hold(each);
    numbers.release(one);
    expect([...numbers.providers()]).toEqual(['customer-17']);
    numbers.release(two);
    expect([...numbers.providers()]).toEqual([]);
    expect(numbers.find('customer-17', 'b')).toBeUndefined();
  });

  it('takes the numbers of pools that came and went for those that come', () => {
    const numbers = new KeyNumbers();
    const given = Array.from({ length: 2_000 }, (_, n) => {
      const keyNumber = numbers.of(`customer-${n}`, 'a');
      numbers.hold(keyNumber);
      numbers.release(keyNumber);
      return keyNumber;
    });
    expect(new Set(given)).toEqual(new Set([0]));
    expect([...numbers.providers()]).toEqual([]);
  });
});
