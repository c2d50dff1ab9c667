import { amountOf, amountText, statedBudget } from './budget';

describe('a budget', () => {
  it('counts the one unit that it states', () => {
    expect(amountOf({ usd: 5, per: 'day' })).toEqual({ unit: 'usd', limit: 5 });
    expect(amountOf({ tokens: 0, per: 'day' })).toEqual({ unit: 'tokens', limit: 0 });
    expect(amountOf({ usd: undefined, requests: 3, per: 'month' })).toEqual({ unit: 'requests', limit: 3 });
  });

  it('of nothing stated bounds nothing', () => {
    expect(amountOf({ per: 'day' })).toEqual({ unit: 'requests', limit: Infinity });
  });

  it('is kept without what is left open', () => {
    expect(statedBudget({ usd: 0, tokens: undefined, per: 'day', scope: undefined })).toStrictEqual({
      usd: 0,
      per: 'day',
    });
  });

  it('is said in words', () => {
    expect([amountText(10, 'usd'), amountText(500, 'tokens'), amountText(2, 'requests')]).toEqual([
      '10 USD',
      '500 tokens',
      '2 requests',
    ]);
  });
});
