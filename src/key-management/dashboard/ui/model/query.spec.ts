import { changedQuery } from './query';

it.each([
  ['', { window: '1h' }, '?window=1h'],
  ['?window=1h', { window: '24h' }, '?window=24h'],
  ['?window=1h', { window: undefined }, ''],
  ['?status=invalid_key&window=1h', { window: undefined }, '?status=invalid_key'],
  [
    '?host=of+the+app',
    { window: '5m', search: 'team mail & more' },
    '?host=of+the+app&window=5m&search=team+mail+%26+more',
  ],
  ['?window=1h&window=5m', { window: '24h' }, '?window=24h'],
])('changes %s by %j to %s', (query, changes, expected) => {
  expect(changedQuery(query, changes)).toBe(expected);
});
