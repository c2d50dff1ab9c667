import { createHash } from 'node:crypto';
import { format, inspect } from 'node:util';
import { ApiKey, keyIdOf, maskKey } from './api-key';

const RAW = 'sk-1234SECRETSECRETcdef';

describe('maskKey', () => {
  it.each([
    ['', '***'],
    ['short', '***'],
    // 18 characters would hide 7, 19 hide 8.
    ['123456789012345678', '***'],
    ['1234567890123456789', '1234567...6789'],
    [RAW, 'sk-1234...cdef'],
  ])('shows %j as %s', (raw, masked) => {
    expect(maskKey(raw)).toBe(masked);
  });
});

describe('ApiKey', () => {
  const key = new ApiKey(RAW);

  it('has an id that is the beginning of its SHA-256', () => {
    expect(key.id).toBe(createHash('sha256').update(RAW).digest('hex').slice(0, 16));
    expect(key.id).toBe(keyIdOf(RAW));
  });

  it('gives the raw key when asked for it, and only then', () => {
    expect(key.reveal()).toBe(RAW);
    const shown = [
      String(key),
      `${key}`,
      key + '',
      JSON.stringify({ key, keys: [key] }),
      inspect(key),
      inspect({ deep: { key } }, { depth: null, showHidden: true, getters: true }),
      inspect(key, { customInspect: false, showHidden: true }),
      format('%s %o %O %j', key, key, key, key),
      JSON.stringify({ ...key }),
      JSON.stringify(structuredClone({ ...key })),
      Object.entries(key).join(),
      new Error(`no good: ${key}`).message,
    ];
    expect(shown.join('\n')).not.toContain('SECRET');
    expect(shown.slice(0, 3)).toEqual(['sk-1234...cdef', 'sk-1234...cdef', 'sk-1234...cdef']);
    expect(inspect(key)).toBe('ApiKey(sk-1234...cdef)');
    expect(JSON.stringify(key)).toBe('"sk-1234...cdef"');
  });
});
