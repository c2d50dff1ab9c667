import { deepseek } from '../vendors/deepseek';
import { elevenlabs } from '../vendors/elevenlabs';
import { moonshot } from '../vendors/moonshot';
import { openrouter } from '../vendors/openrouter';
import { readBalance } from './read-balance';

/** As the vendors' documents show them. */
const OPENROUTER = {
  data: { label: 'sk-or-v1-0e6...1c96', usage: 25.5, limit: 100, limit_remaining: 74.5, is_free_tier: false },
};
const DEEPSEEK = {
  is_available: true,
  balance_infos: [{ currency: 'CNY', total_balance: '110.00', granted_balance: '10.00', topped_up_balance: '100.00' }],
};
const MOONSHOT = {
  code: 0,
  data: { available_balance: 49.58894, voucher_balance: 46.58893, cash_balance: 3.00001 },
  scode: '0x0',
  status: true,
};
const ELEVENLABS = {
  tier: 'creator',
  character_count: 17_231,
  character_limit: 100_000,
  next_character_count_reset_unix: 1_738_356_858,
};

describe('readBalance', () => {
  it.each([
    [openrouter, OPENROUTER, { left: 74.5, unit: 'usd' }],
    [deepseek, DEEPSEEK, { left: 110, unit: 'cny' }],
    [moonshot, MOONSHOT, { left: 49.58894, unit: 'usd' }],
    [elevenlabs, ELEVENLABS, { left: 82_769, limit: 100_000, unit: 'characters', endsAt: 1_738_356_858_000 }],
  ])('reads what $name says', ({ balance, baseUrl }, answer, expected) => {
    expect(readBalance(balance!, answer, new URL(baseUrl!).host)).toEqual(expected);
  });

  it('knows the currency of the host', () => {
    expect(readBalance(moonshot.balance!, MOONSHOT, 'api.moonshot.cn')).toMatchObject({ unit: 'cny' });
  });

  it.each([
    ['a key without a limit', openrouter, { data: { ...OPENROUTER.data, limit: null, limit_remaining: null } }],
    ['no account', deepseek, { is_available: false, balance_infos: [] }],
    ['a unit that is none', deepseek, { balance_infos: [{ currency: 'a b c', total_balance: '1' }] }],
    ['an amount that is none', deepseek, { balance_infos: [{ currency: 'USD', total_balance: '1e999' }] }],
    ['half of it', elevenlabs, { character_count: 5 }],
    ['no object', moonshot, 'maintenance'],
    ['nothing', moonshot, undefined],
    ['what every object has', openrouter, Object.create({ data: OPENROUTER.data })],
  ])('reads none in %s', (_, { balance }, answer) => {
    expect(readBalance(balance!, answer, 'host')).toBeUndefined();
  });

  it('reads a balance that is overdrawn, and one of nothing', () => {
    const overdrawn = { balance_infos: [{ currency: 'USD', total_balance: '-0.12' }] };
    expect(readBalance(deepseek.balance!, overdrawn, 'host')).toEqual({ left: -0.12, unit: 'usd' });
    expect(readBalance(openrouter.balance!, { data: { limit_remaining: 0 } }, 'host')).toEqual({
      left: 0,
      unit: 'usd',
    });
  });
});
