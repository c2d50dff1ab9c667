import { partsOf, totalOf } from './expected-tokens';

describe('the tokens of a call', () => {
  it('are summed up from input and output', () => {
    expect([totalOf(7), totalOf({ input: 3, output: 4, tokens: 90 })]).toEqual([7, 7]);
  });

  it('are parted by what was expected where only the sum is known', () => {
    expect(partsOf(10, { input: 6, output: 9 })).toEqual({ input: 6, output: 4 });
    expect(partsOf(10, { input: 12, output: 9 })).toEqual({ input: 10, output: 0 });
    expect(partsOf(10, { input: 0, output: 9 })).toEqual({ input: 0, output: 10 });
    expect(partsOf(10, undefined)).toEqual({ input: 10, output: 0 });
  });
});
