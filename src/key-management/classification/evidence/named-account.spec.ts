import { azure } from '../../vendors/azure';
import type { VendorProfile } from '../../vendors/contract/profile';
import { defineVendor } from '../../vendors/define-vendor';
import { google } from '../../vendors/google/google';
import { vendorOf } from '../../vendors/vendor-of';
import { vertex } from '../../vendors/vertex';
import { accountInHost } from '../../pool/limits/account-discovery';
import { classify } from '../classify';
import { checkedClassification } from '../checked-classification';
import { vendorErrorFrom } from './error-evidence';

const INFO = 'type.googleapis.com/google.rpc.ErrorInfo';
const FAILURE = 'type.googleapis.com/google.rpc.QuotaFailure';

const classified = (profile: VendorProfile, status: number, error: object) =>
  classify(
    vendorErrorFrom({ status, headers: {}, body: { error } }, { now: 0, secrets: ['AIzaSECRET-0123456789abcdef'] }),
    vendorOf(profile),
    'evidence',
    0,
  );
const exhausted = (...details: object[]) => ({
  code: 429,
  status: 'RESOURCE_EXHAUSTED',
  message: 'Resource has been exhausted',
  details,
});

describe('the account that the details of a refusal name', () => {
  const info = {
    '@type': INFO,
    reason: 'RATE_LIMIT_EXCEEDED',
    metadata: { service: 'generativelanguage.googleapis.com', quota_limit: 'x', consumer: 'projects/4711' },
  };

  it.each([google, vertex])("is the project of Google's ErrorInfo: $name", (profile) => {
    expect(classified(profile, 429, exhausted(info))).toMatchObject({ outcome: 'rate_limited', account: '4711' });
  });

  it('is the subject of a violated quota, where nothing else names it', () => {
    const violated = { '@type': FAILURE, violations: [{ subject: 'project:my-project', quotaId: 'PerMinute' }] };
    expect(classified(google, 429, exhausted(violated))).toMatchObject({ account: 'my-project' });
    expect(classified(google, 429, exhausted(violated, info))).toMatchObject({ account: '4711' });
  });

  it.each([
    ['no project', { ...info, metadata: { consumer: 'api_key:AIzaSECRET-0123456789abcdef' } }],
    ['no text', { ...info, metadata: { consumer: { projects: 4711 } } }],
    ['a name of another kind', { ...info, metadata: { __proto__: 'projects/1', constructor: 'projects/2' } }],
  ])('is none: %s', (_what, detail) => {
    const found = classified(google, 429, exhausted(detail));
    expect(found.account).toBeUndefined();
    expect(JSON.stringify(found)).not.toContain('SECRET');
  });

  it('is not asked for where the refusal is not about limits', () => {
    const denied = {
      code: 403,
      status: 'PERMISSION_DENIED',
      message: 'no',
      details: [{ ...info, reason: 'SERVICE_DISABLED' }],
    };
    expect(classified(google, 403, denied)).not.toHaveProperty('account');
  });

  it('is found by the words of a profile of one’s own', () => {
    const own = defineVendor({ name: 'own', wireFormat: 'google', accountInDetails: { tenant: /^t-(\d+)$/ } });
    expect(classified(own, 429, exhausted({ metadata: { tenant: 't-12' } }))).toMatchObject({ account: '12' });
    expect(() => defineVendor({ name: 'own', accountInDetails: { tenant: /x/g } })).toThrow('accountInDetails');
  });

  it('may be told by a checker of one’s own', () => {
    const read = (account: unknown) =>
      checkedClassification({ outcome: 'rate_limited', account }, { secrets: ['sk-secret-0123456789'] })?.account;
    expect([read('org-1'), read(''), read(7), read('x'.repeat(999))?.length]).toEqual([
      'org-1',
      undefined,
      undefined,
      200,
    ]);
    expect(read('sk-secret-0123456789')).not.toContain('secret');
  });
});

describe('the account that a host names', () => {
  it.each([
    ['https://my-resource.openai.azure.com/openai', 'my-resource'],
    ['https://my-resource.services.ai.azure.com', 'my-resource'],
    ['https://gateway.example.com', undefined],
    ['no url', undefined],
    [undefined, undefined],
  ])("is Azure's resource: %s", (url, name) => {
    expect(accountInHost(url, azure.accountInHost)).toBe(name);
  });
});
