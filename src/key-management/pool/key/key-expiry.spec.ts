import { isExpiry } from './key-expiry';

describe('the end of a key', () => {
  it.each(['1969-07-20T20:17:40Z', '9999-12-31T23:59:59-12:00', '0000-01-01T00:00:00+12:00'])('may be %s', (text) => {
    expect(isExpiry(Date.parse(text))).toBe(true);
  });

  it('may be no other value', () => {
    for (const value of [NaN, Infinity, 8.64e15, '2027-01-31T12:00:00Z', null]) expect(isExpiry(value)).toBe(false);
  });
});
