import { BUILT_IN_VENDORS } from '../vendors';
import { vendorOf } from '../vendors/vendor-of';
import { validateKeyFormat as validate } from './key-format';

const validateKeyFormat = (vendor: string | undefined, key: string) => {
  const profile = vendor === undefined ? undefined : (BUILT_IN_VENDORS.get(vendor) ?? { name: vendor });
  return validate(profile && vendorOf(profile), key);
};

const A40 = 'aB3'.repeat(14);

describe('what cannot be a key', () => {
  it.each([
    ['', 'empty'],
    ['sk-abcdefghij klmnopqrst', 'one word'],
    ['sk-abcdefghij\tklmnopqrst', 'one word'],
    ['sk-abcdefghijklmnopqrsté', 'ASCII'],
    ['sk-abcdefghij\u200bklmnopqrst', 'ASCII'],
    ['https://api.openai.com/v1', 'URL'],
    ['www.openai.com/account', 'URL'],
    ['sk-1234...cdefghijkl', 'shortened'],
    ['sk-proj-********************', 'masked'],
    ['sk-...', 'shortened'],
    ['YOUR_KEY', 'placeholder'],
    ['your-openai-api-key-here', 'placeholder'],
    ['sk-xxxxxxxxxxxxxxxxxxxxxxxx', 'placeholder'],
    ['<insert-your-secret-value>', 'placeholder'],
    ['${OPENAI_API_KEY_VALUE}', 'placeholder'],
    ['changeme-changeme-changeme', 'placeholder'],
    [`sk-${'a1'.repeat(8_200)}`, 'longer'],
  ])('%s', (key, mend) => {
    for (const vendor of ['openai', 'anthropic', 'google', 'my-own', undefined]) {
      const verdict = validateKeyFormat(vendor, key);
      expect(verdict).toEqual({ valid: false, reason: expect.stringContaining(mend) });
      if (key.length > 8) expect(JSON.stringify(verdict)).not.toContain(key);
    }
  });

  it.each([
    ['sk-short', 'shorter'],
    [`sk-${'a1'.repeat(127)}`, 'longer'],
  ])('%s is no key of a known vendor, but may be one of another', (key, mend) => {
    for (const vendor of ['openai', 'anthropic', 'google']) {
      expect(validateKeyFormat(vendor, key)).toEqual({ valid: false, reason: expect.stringContaining(mend) });
    }
    for (const vendor of ['my-own', undefined]) expect(validateKeyFormat(vendor, key)).toEqual({ valid: true });
  });

  it.each([`sk-admin-${A40}`, `sk-ant-admin01-${A40}`, `sk-ant-oat01-${A40}`])('%s is the wrong kind', (key) => {
    for (const vendor of ['openai', 'anthropic', 'google']) {
      expect(validateKeyFormat(vendor, key)).toEqual({ valid: false, reason: expect.stringContaining('Create') });
    }
    expect(validateKeyFormat('my-own', key)).toEqual({ valid: true });
  });
});

describe('what may be one', () => {
  it.each([
    ['openai', `sk-${A40}`],
    ['openai', `sk-proj-${A40}`],
    ['openai', `sk-service-${A40}`],
    ['anthropic', `sk-ant-api03-${A40}AA`],
    ['google', `AIza${A40}`],
    ['google', `AQ.Ab8RN6${A40}`],
    ['google', 'AIzaFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAK'],
    ['my-own', 'anything-of-16-chars'],
    ['constructor', 'anything-of-16-chars'],
    ['my-own', 'ollama'],
    [undefined, 'k'.repeat(256)],
    ['bedrock', `bedrock-api-key-${'aB3'.repeat(470)}`],
    ['my-own', 'k'.repeat(16_384)],
  ])('%s: %s', (vendor, key) => {
    expect(validateKeyFormat(vendor, key)).toEqual({ valid: true });
  });

  it.each([
    ['openai', `sk-ant-api03-${A40}`, 'Anthropic'],
    ['openai', `AIza${A40}`, 'Google'],
    ['openai', `sk-or-v1-${A40}`, 'OpenRouter'],
    ['anthropic', `sk-proj-${A40}`, 'OpenAI'],
    ['google', `gsk_${A40}`, 'Groq'],
    ['google', `NEW.${A40}`, 'usually begin with AIza… or AQ.…'],
    ['anthropic', `sk-${A40}`, 'usually begin with sk-ant-…'],
  ])('%s warns of %s', (vendor, key, hint) => {
    const verdict = validateKeyFormat(vendor, key);
    expect(verdict).toEqual({ valid: true, warning: expect.stringContaining(hint) });
    expect(JSON.stringify(verdict)).not.toContain(A40);
  });
});
