import { anthropic } from './anthropic/anthropic';
import type { Credential, DeepProbe, LightProbe, VendorProfile, WireFormat } from './contract/profile';
import type { RateLimitReader } from './contract/rate-limits';
import type { EvidenceRule } from './contract/rule';
import { google } from './google/google';
import { chatProbe } from './openai/openai';
import { readOpenAiRateLimits } from './openai/openai.rate-limits';
import { openAiRules } from './openai/openai.rules';
import { callerFaultRules, statusRules } from './shared.rules';

/** What follows from a wire format where a profile says nothing. */
export interface WireFormatDefaults {
  readonly credential: Credential;
  readonly headers: Readonly<Record<string, string>>;
  /** The format's own rules, behind those of the profile. */
  readonly rules: readonly EvidenceRule[];
  readonly light: readonly LightProbe[];
  readonly deep: readonly DeepProbe[];
  readonly readRateLimits: RateLimitReader;
}

const lightOf = ({ probes }: VendorProfile): readonly LightProbe[] => probes?.light || [];
const withoutModel = ({ probes }: VendorProfile): readonly DeepProbe[] =>
  (probes?.deep || []).map((probe) => ({ ...probe, model: undefined }));

export const WIRE_FORMAT_DEFAULTS: Readonly<Record<WireFormat, WireFormatDefaults>> = {
  openai: {
    credential: { header: 'authorization', scheme: 'Bearer' },
    headers: {},
    rules: openAiRules,
    light: [
      { path: '/v1/models', proves: 'key_unless_public' },
      { method: 'POST', path: '/v1/chat/completions', body: {}, proves: 'key', acceptedBy: [400, 422] },
    ],
    deep: [chatProbe()],
    readRateLimits: (headers) => readOpenAiRateLimits(headers),
  },
  anthropic: {
    credential: { header: 'x-api-key' },
    headers: { 'anthropic-version': '2023-06-01' },
    rules: anthropic.rules!,
    light: [
      ...lightOf(anthropic).map((probe) => ({ ...probe, proves: 'key_unless_public' }) as const),
      { method: 'POST', path: '/v1/messages', body: {}, proves: 'key', acceptedBy: [400, 422] },
    ],
    deep: withoutModel(anthropic),
    readRateLimits: anthropic.rateLimits!.read!,
  },
  google: {
    // Never the query: transport errors print URLs, and `AQ.` keys are answered 404 there.
    credential: { header: 'x-goog-api-key' },
    headers: {},
    rules: google.rules!,
    light: lightOf(google),
    deep: withoutModel(google),
    readRateLimits: google.rateLimits!.read!,
  },
};

/** Rules that go by the status alone, for vendors of which little is known. */
export const lastRules = (profile: VendorProfile): readonly EvidenceRule[] =>
  profile.statusRules === false ? callerFaultRules : [...statusRules, ...callerFaultRules];
