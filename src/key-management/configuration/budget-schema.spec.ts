import { resolveOptions } from './resolve-options';

const KEY = 'sk-proj-FAKE-0000000000000000000000000000';

/** What is wrong with the options; empty where nothing is. */
function problemsOf(budgets: unknown, ofKey: unknown = []): string {
  const openai = { budgets, keys: [{ key: KEY, budgets: ofKey }] };
  try {
    resolveOptions({ providers: { openai } } as object, {});
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('budgets in the options', () => {
  it('may be of any unit, period, zone and scope', () => {
    const budgets = [
      { usd: 10, per: 'day' },
      { usd: 200, per: 'month', timeZone: 'America/New_York' },
      { tokens: 1_000_000, per: 'hour', scope: 'key' },
      { requests: 60, per: 'minute', scope: 'account' },
    ];
    expect(problemsOf(budgets, [{ usd: 0.5, per: 'day', timeZone: 'Asia/Kathmandu', scope: 'account' }])).toBe('');
  });

  it.each<[string, unknown, string]>([
    ['a negative amount', [{ usd: -1, per: 'day' }], 'budgets.0.usd: must be more than 0.'],
    ['nothing', [{ tokens: 0, per: 'day' }], 'budgets.0.tokens: must be more than 0.'],
    ['what is no number', [{ usd: '10', per: 'day' }], 'budgets.0.usd: must be a number of US dollars.'],
    ['infinity', [{ usd: Infinity, per: 'day' }], 'budgets.0.usd: must be a number of US dollars.'],
    ['dust', [{ usd: 1e-9, per: 'day' }], 'budgets.0.usd: must be a millionth of a dollar or more.'],
    ['half a request', [{ requests: 1.5, per: 'day' }], 'budgets.0.requests: must be a whole number.'],
    [
      'two units',
      [{ usd: 1, tokens: 5, per: 'day' }],
      'budgets.0: must have one of usd, tokens and requests, and has usd and tokens: make a budget of each.',
    ],
    ['no unit', [{ per: 'day' }], 'budgets.0: must have one of usd, tokens and requests.'],
    ['no period', [{ usd: 1 }], 'budgets.0.per: must be minute, hour, day or month.'],
    ['an unknown period', [{ usd: 1, per: 'week' }], 'budgets.0.per: must be minute, hour, day or month.'],
    [
      'an unknown zone',
      [{ usd: 1, per: 'day', timeZone: 'Mars/Olympus' }],
      'budgets.0.timeZone: must be a time zone of the IANA database, such as Europe/Paris.',
    ],
    ['an unknown scope', [{ usd: 1, per: 'day', scope: 'app' }], 'budgets.0.scope: must be key, account or provider.'],
    [
      'the same twice',
      [
        { usd: 1, per: 'day' },
        { usd: 2, per: 'day', timeZone: 'UTC' },
      ],
      'budgets.1: counts the same as budgets.0: leave one of the two out.',
    ],
    ['no list', { usd: 1, per: 'day' }, 'budgets: must be a list of budgets.'],
    ['another setting', [{ usd: 1, per: 'day', limit: 3 }], 'budgets.0'],
  ])('refuse %s, and name the field and the mend', (_, budgets, problem) => {
    expect(problemsOf(budgets)).toContain(`- providers.openai.${problem}`);
  });

  it('of a key are not for the whole provider', () => {
    expect(problemsOf([], [{ usd: 1, per: 'day', scope: 'provider' }])).toContain(
      'providers.openai.keys.0.budgets.0.scope: must be key or account; what all keys may spend together belongs into the budgets of the provider.',
    );
  });
});
