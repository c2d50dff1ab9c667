import { accountText } from './account';

describe('accountText', () => {
  it.each([
    [null, null, ''],
    ['team', 'declared', 'Account team, as the settings say. Its keys share their limits.'],
    ['org-a', 'discovered', "Account org-a, found in the vendor's answers. Its keys share their limits."],
  ] as const)('of %s, %s', (quota_group, quota_group_from, text) => {
    expect(accountText({ quota_group, quota_group_from })).toBe(text);
  });
});
