import { anthropic } from './anthropic/anthropic';
import { anthropicBoundIds } from './anthropic/anthropic.bound-ids';
import type { BoundIds } from './contract/bound-ids';
import {
  WIRE_FORMATS,
  type Credential,
  type DeepProbe,
  type ErrorBody,
  type LightProbe,
  type ResetHeaders,
  type StreamBeginning,
  type VendorProfile,
  type WireFormat,
} from './contract/profile';
import type { StreamBeginnings, Vendor } from './contract/vendor';
import type { RateLimitReader } from './contract/rate-limits';
import type { EvidenceRule } from './contract/rule';
import { google } from './google/google';
import { googleBoundIds } from './google/google.bound-ids';
import { chatProbe } from './openai/openai';
import { compatibleBoundIds } from './openai/openai.bound-ids';
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
  /** Paths that are this format's, whichever vendor serves them: its SDK is the caller there. */
  readonly paths: RegExp;
  readonly errorBody: ErrorBody;
  /** The JSON body of a refusal of the request itself, in the format's shape: HTTP status 400. */
  readonly refusalBody: (message: string) => Readonly<Record<string, unknown>>;
  readonly modelPaths: readonly RegExp[];
  readonly streamBeginning: StreamBeginning;
  /** The HTTP status that the type of an error inside a good answer stands for. */
  readonly statusOfType: Readonly<Record<string, number>>;
  /** How headers tell of a spent limit, where the reset is an ISO date. */
  readonly resetHeaders: readonly ResetHeaders[];
  readonly boundIds: BoundIds;
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
    paths: /\/(?:openai\/|completions$|embeddings$|responses(?:\/|$))/,
    errorBody: (status, message) => ({
      error:
        status === 429
          ? { message, type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' }
          : { message, type: 'service_unavailable_error', param: null, code: 'no_healthy_keys' },
    }),
    refusalBody: (message) => ({ error: { message, type: 'invalid_request_error', param: null, code: null } }),
    // Where a vendor has a path for each deployment.
    modelPaths: [/\/deployments\/([^/?#]{1,256})\//],
    streamBeginning: {
      preamble: [
        'response.in_progress',
        'response.output_item.added',
        'response.content_part.added',
        'response.reasoning_summary_part.added',
      ],
      begun: ['response.created', 'response.queued'],
    },
    // Codes alone tell.
    statusOfType: {},
    resetHeaders: [],
    boundIds: compatibleBoundIds,
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
    paths: /\/v1\/messages(?:\/|$)/,
    errorBody: (status, message) => ({
      type: 'error',
      error: { type: status === 429 ? 'rate_limit_error' : 'api_error', message },
    }),
    refusalBody: (message) => ({ type: 'error', error: { type: 'invalid_request_error', message } }),
    modelPaths: [],
    streamBeginning: { preamble: ['message_start', 'content_block_start'] },
    statusOfType: {
      invalid_request_error: 400,
      authentication_error: 401,
      billing_error: 402,
      permission_error: 403,
      not_found_error: 404,
      conflict_error: 409,
      request_too_large: 413,
      rate_limit_error: 429,
      api_error: 500,
      timeout_error: 504,
      overloaded_error: 529,
    },
    resetHeaders: ['requests', 'tokens', 'input-tokens', 'output-tokens'].map((dimension) => ({
      remaining: `anthropic-ratelimit-${dimension}-remaining`,
      reset: `anthropic-ratelimit-${dimension}-reset`,
    })),
    boundIds: anthropicBoundIds,
  },
  google: {
    // Never the query: transport errors print URLs, and `AQ.` keys are answered 404 there.
    credential: { header: 'x-goog-api-key' },
    headers: {},
    rules: google.rules!,
    light: lightOf(google),
    deep: withoutModel(google),
    readRateLimits: google.rateLimits!.read!,
    paths: /:(?:(?:streamG|batchG|g)enerateContent|embedContent|batchEmbedContents|countTokens)$/,
    errorBody: (status, message) => ({
      error: { code: status, message, status: status === 429 ? 'RESOURCE_EXHAUSTED' : 'UNAVAILABLE' },
    }),
    refusalBody: (message) => ({ error: { code: 400, message, status: 'INVALID_ARGUMENT' } }),
    modelPaths: [/\/models\/([^/:?#]{1,256}):/],
    streamBeginning: {},
    // A number stands beside the status.
    statusOfType: {},
    resetHeaders: [],
    boundIds: googleBoundIds,
  },
};

const formats = WIRE_FORMATS.map((each) => WIRE_FORMAT_DEFAULTS[each]);
const beginnings = (kind: keyof StreamBeginning): ReadonlySet<unknown> =>
  new Set(formats.flatMap(({ streamBeginning }) => streamBeginning[kind] ?? []));

/** What is read whichever vendor answers: many serve paths of several formats, and gateways pass on answers of others. */
export const ALL_FORMATS = {
  modelPaths: formats.flatMap(({ modelPaths }) => modelPaths),
  streamBeginning: { preamble: beginnings('preamble'), begun: beginnings('begun') } satisfies StreamBeginnings,
  statusOfType: new Map(formats.flatMap(({ statusOfType }) => Object.entries(statusOfType))) as ReadonlyMap<
    string,
    number
  >,
  resetHeaders: formats.flatMap(({ resetHeaders }) => resetHeaders),
};

/** The shape of an error of the vendor under a path: that of its own format, unless the path is of another. */
export function errorBodyAt(
  path: string,
  { wireFormat, errorBody }: Pick<Vendor, 'wireFormat' | 'errorBody'>,
): ErrorBody {
  const other = formatAt(path);
  return other === undefined || other === wireFormat ? errorBody : WIRE_FORMAT_DEFAULTS[other].errorBody;
}

/** The body of a refusal of the request itself, in the shape that the SDK of the path knows. */
export const refusalBodyAt = (path: string, message: string, { wireFormat }: Pick<Vendor, 'wireFormat'>) =>
  WIRE_FORMAT_DEFAULTS[formatAt(path) ?? wireFormat].refusalBody(message);

const formatAt = (path: string): WireFormat | undefined =>
  WIRE_FORMATS.find((each) => WIRE_FORMAT_DEFAULTS[each].paths.test(path));

/** Rules that go by the status alone, for vendors of which little is known. */
export const lastRules = (profile: VendorProfile): readonly EvidenceRule[] =>
  profile.statusRules === false ? callerFaultRules : [...statusRules, ...callerFaultRules];
