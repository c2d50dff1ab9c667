import { BUILT_IN_VENDORS } from './index';
import { defineVendor } from './define-vendor';
import type { VendorProfile } from './contract/profile';

const problemsOf = (profile: object): string => {
  try {
    defineVendor(profile as VendorProfile);
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as TypeError).message;
  }
  return '';
};

describe('defineVendor', () => {
  it.each([...BUILT_IN_VENDORS])('takes what a built-in profile says: %s', (_name, profile) => {
    expect(defineVendor(profile)).toBe(profile);
  });

  it.each<[object, string]>([
    [{}, 'vendor.name: must be text'],
    [{ name: 'a b' }, 'vendor.name: must be letters, digits'],
    [{ name: 'x', nme: 1 }, 'has no field named "nme"'],
    [{ name: 'x', wireFormat: 'soap' }, 'vendor.wireFormat: must be one of openai, anthropic, google'],
    [{ name: 'x', baseUrl: 'ftp://h' }, 'vendor.baseUrl: must be a URL without credentials or query'],
    [{ name: 'x', baseUrl: 'https://u:p@h' }, 'vendor.baseUrl: must be a URL without credentials or query'],
    [{ name: 'x', credential: { cookie: 'key' } }, 'vendor.credential: must be { header, scheme? } or { query }'],
    [{ name: 'x', headers: { 'bad name': '1' } }, 'vendor.headers.bad name'],
    [{ name: 'x', headers: { good: 'a\nb' } }, 'vendor.headers.good: must be printable ASCII in one line'],
    [{ name: 'x', probes: { light: [{ path: 'v1', proves: 'key' }] } }, 'vendor.probes.light'],
    [{ name: 'x', rules: [{ id: 'R1', when: [], outcome: 'ok' }] }, 'vendor.rules.0.when: must have a condition'],
    [
      { name: 'x', rules: [{ id: 'R1', when: [{ on: 'status', oneOf: [402] }], outcome: 'broke' }] },
      'vendor.rules.0.outcome: must be one of ok, invalid_key',
    ],
    [
      { name: 'x', rules: [{ id: 'R1', when: [{ on: 'message', pattern: /x/g }], outcome: 'ok' }] },
      'vendor.rules.0.when.0.pattern: must not have the flags g or y',
    ],
    [{ name: 'x', statusTable: { 999: 'ok' } }, 'vendor.statusTable'],
    [{ name: 'x', rateLimits: { scope: 'world' } }, 'vendor.rateLimits.scope: must be one of key_model, key'],
  ])('names the field of %j and the mend', (profile, problem) => {
    expect(problemsOf(profile)).toContain(problem);
  });

  it('names all that is wrong at once', () => {
    expect(problemsOf({ name: '', label: '' }).split('\n')).toHaveLength(3);
  });
});
