import { accountIn, accountInText, SharingEvidence, stateTheSame } from './account-discovery';
import { refusedDimension } from './refused-dimension';
import { openai } from '../../vendors/openai/openai';

describe('the account that an answer names', () => {
  const headers = (given: Record<string, string>): { get(name: string): string | null } => ({
    get: (name) => given[name] ?? null,
  });

  it('is in the first of the vendor’s headers that is there', () => {
    const names = ['organization', 'project'];
    expect(accountIn(headers({ project: 'p', organization: 'o' }), names)).toBe('o');
    expect(accountIn(headers({ project: 'p', organization: '' }), names)).toBe('p');
    expect(accountIn(headers({}), names)).toBeUndefined();
    expect(accountIn(headers({ organization: 'o'.repeat(201) }), names)).toBeUndefined();
  });

  it('is in the words of OpenAI’s refusal', () => {
    const text = 'Rate limit reached for gpt-4o in organization org-AbC123 on tokens per min (TPM): Limit 30000';
    expect(accountInText(text, openai.accountInText!)).toBe('org-AbC123');
    expect(accountInText('Rate limit reached', openai.accountInText!)).toBeUndefined();
  });
});

describe('keys that name one account', () => {
  it('share its limits unless they state others', () => {
    const limit = (dimension: 'requests' | 'tokens', value: number) => ({ dimension, limit: value });
    expect(stateTheSame([limit('requests', 60)], [limit('requests', 60), limit('tokens', 5)])).toBe(true);
    expect(stateTheSame([limit('requests', 60)], [limit('requests', 500)])).toBe(false);
    expect(stateTheSame([], [limit('requests', 500)])).toBe(true);
  });

  it('do not share them where the use of one never shows with the other', () => {
    const evidence = new SharingEvidence();
    expect([1, 2, 2, 1].map((calls) => evidence.observe(calls, calls))).toEqual([true, true, true, false]);
  });

  it('share them where the use shows now and then', () => {
    const evidence = new SharingEvidence();
    const seen = [3, 0, 3, 0, 3, 0].map((surplus) => evidence.observe(3, surplus));
    expect(seen).not.toContain(false);
    expect(evidence.observe(0, 100)).toBe(true);
  });
});

describe('what a refusal says that it counts', () => {
  it.each([
    ['Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000', 'tokens'],
    ['Rate limit reached for gpt-4o on requests per min (RPM): Limit 500', 'requests'],
    ['This request would exceed your rate limit of 40,000 input tokens per minute', 'tokens'],
    ['Quota exceeded for quota metric generate_content_free_tier_input_token_count', undefined],
    ['Too many requests', undefined],
  ])('%s', (reason, dimension) => {
    expect(refusedDimension(reason)).toBe(dimension);
  });
});
