import {
  accountIn,
  accountInHost,
  accountInText,
  accountOfAnswer,
  accountOfRefusal,
  Contradictions,
  SharingEvidence,
  stateTheSame,
} from './account-discovery';
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
    expect(accountIn(headers({ organization: 'o'.repeat(200) }), names)).toHaveLength(200);
    expect(accountIn(headers({ organization: 'o'.repeat(201) }), names)).toBeUndefined();
  });

  it('is the first that the words of a refusal name, and no longer than a name is', () => {
    const patterns = [/org (\w+)/, /project (\w+)/];
    expect(accountInText('in project p of org o', patterns)).toBe('o');
    expect(accountInText(`in project p of org ${'o'.repeat(201)}`, patterns)).toBe('p');
    expect(accountInText(`in org ${'o'.repeat(200)}`, patterns)).toHaveLength(200);
    expect(accountInText('nowhere', patterns)).toBeUndefined();
  });

  it('is in the host of the base URL', () => {
    const pattern = /^(\w+)\.example\.com$/;
    expect(accountInHost('https://mine.example.com:8080/v1', pattern)).toBe('mine');
    expect(accountInHost('https://example.com/mine.example.com', pattern)).toBeUndefined();
    expect(accountInHost('no URL', pattern)).toBeUndefined();
    expect(accountInHost(undefined, pattern)).toBeUndefined();
    expect(accountInHost('https://mine.example.com', undefined)).toBeUndefined();
  });

  const signs = {
    accountHeaders: ['organization'],
    accountInText: [/org (\w+)/],
    accountInHost: /^(\w+)\.example\.com$/,
    baseUrl: 'https://all.example.com/v1',
  };

  it('of an answer is in its headers, else in the host of the key, else in that of the vendor', () => {
    expect(accountOfAnswer(headers({ organization: 'o' }), signs, 'https://mine.example.com')).toBe('o');
    expect(accountOfAnswer(headers({}), signs, 'https://mine.example.com')).toBe('mine');
    expect(accountOfAnswer(headers({}), signs)).toBe('all');
    expect(accountOfAnswer(headers({ organization: 'o' }), {})).toBeUndefined();
  });

  it('of a refusal is in its details, else in its words, else in the host', () => {
    const reason = 'Too many requests in org words';
    expect(accountOfRefusal({ account: 'details', reason }, signs, 'https://mine.example.com')).toBe('details');
    expect(accountOfRefusal({ reason }, signs, 'https://mine.example.com')).toBe('words');
    expect(accountOfRefusal({}, signs, 'https://mine.example.com')).toBe('mine');
    expect(accountOfRefusal({}, signs)).toBe('all');
    expect(accountOfRefusal({ reason }, {})).toBeUndefined();
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
    expect(stateTheSame([{ dimension: 'requests' }], [limit('requests', 500)])).toBe(true);
    expect(stateTheSame([limit('requests', 60)], [limit('tokens', 5), limit('requests', 60)])).toBe(true);
    expect(stateTheSame([limit('requests', 60)], [limit('tokens', 5)])).toBe(true);
    expect(stateTheSame([limit('requests', 60), limit('tokens', 5)], [limit('tokens', 6)])).toBe(false);
  });

  it('are contradicted by three quarters of what siblings used, and confirmed by less than half', () => {
    const after = (siblingCalls: number, ...surpluses: number[]): boolean[] => {
      const evidence = new SharingEvidence();
      return surpluses.map((surplus) => evidence.observe(siblingCalls, surplus));
    };
    expect(after(4, 3, 3)).toEqual([true, false]);
    expect(after(4, 2.9, 2.9)).toEqual([true, true]);
    expect(after(4, 3, 2, 3)).toEqual([true, true, false]);
    expect(after(4, 3, 1.9, 3)).toEqual([true, true, true]);
    expect(after(1, 1, 1, 1, 1, 1, 1)).toEqual([true, true, true, true, true, false]);
    expect(after(0.9, ...Array<number>(20).fill(9))).not.toContain(false);
  });

  it('are judged each for itself', () => {
    const contradictions = new Contradictions<object>();
    const [one, other] = [{}, {}];
    const found = { siblingCalls: 4, surplus: 4 };
    expect([one, other, one, other].map((key) => contradictions.contradicts(key, found))).toEqual([
      false,
      false,
      true,
      true,
    ]);
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
    ['Limit reached: 3 requests per day', 'requests'],
    ['Limit reached: one request per minute', 'requests'],
    ['Limit reached: one token per day', 'tokens'],
    ['RPD', 'requests'],
    ['TPD', 'tokens'],
    ['itpm', 'tokens'],
    ['OTPM', 'tokens'],
    ['XTPM RPMX', undefined],
    ['requests per minute, not tokens per minute', 'requests'],
  ])('%s', (reason, dimension) => {
    expect(refusedDimension(reason)).toBe(dimension);
  });
});
