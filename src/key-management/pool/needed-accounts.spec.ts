import { NeededAccounts } from './needed-accounts';

it('knows for a minute which accounts alone can serve calls that come', () => {
  const needed = new NeededAccounts();
  expect(needed.has('org-a', 0)).toBe(false);
  expect(needed.note('org-a', 0)).toBe(true);
  expect(needed.note('org-a', 30_000)).toBe(false);
  expect(needed.has('org-b', 30_000)).toBe(false);
  expect(needed.has('org-a', 89_999)).toBe(true);
  expect(needed.has('org-a', 90_000)).toBe(false);
  expect(needed.note('org-a', 90_001)).toBe(true);
});
