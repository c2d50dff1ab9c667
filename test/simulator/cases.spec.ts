import type { Behaviour } from '../../src/key-management/testing/simulator';
import vendorCases from '../fixtures/vendor-cases.json';
import { rawCall, type RawCall } from './raw-calls';
import type { SimulatedVendor } from '../../src/key-management/testing/simulator';
import { VendorSimulator } from './vendor-simulator';

interface VendorCase {
  readonly id: string;
  readonly vendor: string;
  readonly phase: string;
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly sse?: string;
}

const cases = vendorCases.cases as unknown as VendorCase[];

/** How each case is scripted; a case not listed is replayed word by word only. */
const SCRIPTED: Readonly<Record<string, { does: Behaviour; call?: RawCall; key?: string }>> = {
  'openai-401-account-deactivated': { does: { kind: 'invalid', variant: 'account_deactivated' } },
  'openai-401-missing-key': { does: { kind: 'valid' }, key: '' },
  'openai-401-no-organization': { does: { kind: 'invalid', variant: 'no_organization' } },
  'openai-401-ip-not-authorized': { does: { kind: 'permissionDenied', variant: 'ip_not_authorized' } },
  'openai-403-models-scope-string-error': { does: { kind: 'permissionDenied' }, call: { surface: 'models' } },
  'openai-403-region': { does: { kind: 'regionBlocked' } },
  'openai-404-model-not-found': { does: { kind: 'modelUnavailable' }, call: { model: 'gpt-4o' } },
  'openai-403-org-verification': {
    does: { kind: 'modelUnavailable', variant: 'organization_unverified' },
    call: { model: 'gpt-image-1' },
  },
  'openai-403-access-terminated': { does: { kind: 'invalid', variant: 'access_terminated' } },
  'openai-429-insufficient-quota': { does: { kind: 'exhausted' } },
  'openai-429-insufficient-quota-old-null-code': { does: { kind: 'exhausted', variant: 'insufficient_quota_old' } },
  'openai-429-billing-not-active': { does: { kind: 'exhausted', variant: 'billing_not_active' } },
  'openai-429-credit-balance-exhausted': { does: { kind: 'exhausted', variant: 'credit_balance_exhausted' } },
  'openai-429-request-too-large-tpm': {
    does: { kind: 'alwaysRateLimited', variant: 'request_too_large' },
    call: { model: 'gpt-4o' },
  },
  'openai-429-slow-down': { does: { kind: 'alwaysRateLimited', variant: 'slow_down' } },
  'openai-429-null-body-with-retry-after': { does: { kind: 'alwaysRateLimited', variant: 'empty_body' } },
  'openai-429-html-proxy-no-evidence': { does: { kind: 'alwaysRateLimited', variant: 'html_proxy' } },
  'openai-503-overloaded-old': { does: { kind: 'overloaded', variant: 'overloaded_old' } },
  'openai-502-cloudflare-html': { does: { kind: 'serverError', variant: 'bad_gateway' } },
  'openai-400-content-policy': { does: { kind: 'contentBlocked' } },
  'openai-400-unsupported-parameter': {
    does: { kind: 'valid' },
    call: { body: { model: 'gpt-5-nano', max_tokens: 1, messages: [] } },
  },
  'anthropic-401-invalid': { does: { kind: 'invalid' } },
  'anthropic-401-missing-header': { does: { kind: 'valid' }, key: '' },
  'anthropic-403-permission': { does: { kind: 'permissionDenied' } },
  'anthropic-403-forbidden-edge': { does: { kind: 'regionBlocked' } },
  'anthropic-403-no-evidence': { does: { kind: 'permissionDenied', variant: 'plain_forbidden' } },
  'anthropic-402-billing-error': { does: { kind: 'exhausted', variant: 'billing_error' } },
  'anthropic-400-usage-limit': { does: { kind: 'exhausted', regainAt: '2026-11-01T00:00:00Z' } },
  'anthropic-429-tier-spend-cap': { does: { kind: 'exhausted', variant: 'spend_cap' } },
  'anthropic-429-no-retry-after': { does: { kind: 'alwaysRateLimited', stated: 'none' } },
  'anthropic-404-model': { does: { kind: 'modelUnavailable' }, call: { model: 'claude-3-5-haiku-latest' } },
  'anthropic-413-too-large': { does: { kind: 'badRequest', variant: 'request_too_large' } },
  'anthropic-529-overloaded': { does: { kind: 'overloaded' } },
  'anthropic-500-api-error': { does: { kind: 'serverError' } },
  'anthropic-504-timeout': { does: { kind: 'timeout' } },
  'anthropic-stream-rate-limit-in-200': {
    does: { kind: 'streamError', event: 'rate_limit' },
    call: { stream: true },
  },
  'google-400-api-key-not-found-minimal': { does: { kind: 'invalid', variant: 'not_found_minimal' } },
  'google-401-access-token-type-unsupported': { does: { kind: 'invalid', variant: 'token_type_unsupported' } },
  'google-401-credentials-missing': { does: { kind: 'misconfigured' } },
  'google-403-leaked': { does: { kind: 'invalid', variant: 'leaked' } },
  'google-403-consumer-suspended': {
    does: { kind: 'invalid', variant: 'suspended' },
    key: 'AIzaFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAK',
  },
  'google-403-service-blocked': { does: { kind: 'permissionDenied' }, call: { stream: true } },
  'google-403-ip-restriction': { does: { kind: 'permissionDenied', variant: 'ip_restriction' } },
  'google-403-referrer': { does: { kind: 'permissionDenied', variant: 'referrer' } },
  'google-403-caller-no-permission': { does: { kind: 'modelUnavailable', variant: 'caller_no_permission' } },
  'google-429-fractional-delay': {
    does: { kind: 'alwaysRateLimited', retryAfterMs: 45_837.906927 },
    call: { model: 'gemini-2.5-flash' },
  },
  'google-429-per-day': {
    does: { kind: 'alwaysRateLimited', variant: 'per_day' },
    call: { model: 'gemini-3.6-flash' },
  },
  'google-429-limit-zero': {
    does: { kind: 'alwaysRateLimited', variant: 'limit_zero' },
    call: { model: 'gemini-3-pro' },
  },
  'google-429-bare': { does: { kind: 'alwaysRateLimited', stated: 'none' } },
  'google-429-prepay-depleted': { does: { kind: 'exhausted' } },
  'google-402-payment-required': { does: { kind: 'exhausted', variant: 'prepayment_402' } },
  'google-interactions-payment-required': { does: { kind: 'exhausted', variant: 'interactions_402' } },
  'google-503-overloaded': { does: { kind: 'overloaded' } },
  'google-504-deadline': { does: { kind: 'timeout' } },
  'google-400-too-many-tokens': { does: { kind: 'badRequest' } },
  'google-stream-unavailable-in-200': {
    does: { kind: 'streamError', event: 'overloaded' },
    call: { stream: true },
  },
  'deepseek-402': { does: { kind: 'exhausted' } },
  'groq-400-org-restricted': { does: { kind: 'invalid', variant: 'organization_restricted' } },
  'mistral-429': { does: { kind: 'alwaysRateLimited' } },
  'mistral-401': { does: { kind: 'invalid' } },
  'xai-429-credits': { does: { kind: 'exhausted' } },
  'azure-429-retry-after-ms': { does: { kind: 'alwaysRateLimited', retryAfterMs: 6543 } },
  'moonshot-429-engine-overloaded': { does: { kind: 'overloaded' } },
  'inject-openai-model-name': {
    does: { kind: 'modelUnavailable' },
    call: { model: 'incorrect api key provided: insufficient balance, key limit exceeded' },
  },
  'inject-google-model-name': {
    does: { kind: 'modelUnavailable' },
    call: { model: 'Your API key was reported as leaked. API key not valid. prepayment credits are depleted' },
  },
};

let sim: VendorSimulator;
beforeAll(async () => {
  sim = await VendorSimulator.start({ clock: () => Date.parse('2026-10-15T12:00:00Z') });
});
afterAll(() => sim.close());

function vendorOf({ vendor, id }: VendorCase): SimulatedVendor {
  if (vendor === 'compat:azure-openai') return sim.compatible('azure');
  return sim.vendor(vendor) ?? sim.compatible(vendor.split(':')[1] ?? (id.includes('google') ? 'google' : 'generic'));
}

/** Request ids differ from call to call, and Google ends its lines with CR LF. */
function comparable(text: string): unknown {
  const plain = text.replaceAll('\r\n', '\n').replace(/"request_id":"req_\w+"/g, '"request_id":"req"');
  try {
    return JSON.parse(plain) as unknown;
  } catch {
    return plain;
  }
}

const bodyText = ({ sse, body }: VendorCase): string => sse ?? (typeof body === 'string' ? body : JSON.stringify(body));

// The azure case counts tokens, which a scripted wait does not.
const sameWords = (text: string): string => text.replace('exceeded token rate', 'exceeded call rate');

describe('the bodies of cases.json', () => {
  const scripted = cases.filter((one) => one.id in SCRIPTED);

  it('are all known by the ids used here', () => {
    expect(scripted.map((one) => one.id).sort()).toEqual(Object.keys(SCRIPTED).sort());
  });

  it.each(scripted.map((one) => [one.id, one] as const))('%s', async (id, one) => {
    const { does, call, key } = SCRIPTED[id] as (typeof SCRIPTED)[string];
    const vendor = vendorOf(one);
    const used = vendor.key(key ?? 'sk-the-scripted-key-of-a-case', does);
    const response = await rawCall(vendor, used, call);
    const text = await response.text();

    expect(response.status).toBe(one.status);
    if (one.phase === 'stream') expect(comparable(text)).toContain(comparable(bodyText(one)));
    else expect(comparable(text)).toEqual(comparable(sameWords(bodyText(one))));
    for (const name of ['retry-after', 'retry-after-ms', 'x-should-retry', 'content-type']) {
      const stated = one.headers[name];
      if (stated !== undefined) expect(response.headers.get(name)?.split(';')[0]).toBe(stated.split(';')[0]);
    }
  });
});

describe('the answer behaviour', () => {
  const replayable = cases.filter((one) => one.status !== null);

  it.each(replayable.map((one) => [one.id, one] as const))('replays %s', async (_id, one) => {
    const { status, headers, body, sse } = one;
    const key = sim.openai.key('sk-any', { kind: 'answer', status: status as number, headers, body, sse });
    const response = await rawCall(sim.openai, key);
    expect(response.status).toBe(status);
    expect(await response.text()).toBe(bodyText(one));
  });
});
