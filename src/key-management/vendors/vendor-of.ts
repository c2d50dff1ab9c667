import { withLowerCaseNames } from '../common/http';
import type { Credential, DeepProbe, LightProbe, VendorProfile, WireFormat } from './contract/profile';
import type { StreamBeginnings, Vendor } from './contract/vendor';
import { BUILT_IN_VENDORS } from './index';
import { edgeRules } from './shared.rules';
import { ALL_FORMATS, lastRules, WIRE_FORMAT_DEFAULTS } from './wire-formats';

/** What the settings of a provider say beside, or instead of, its vendor's profile. */
export interface VendorSettings {
  readonly baseUrl?: string;
  readonly credential?: Credential;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly probe?: { readonly light?: string | false; readonly deep?: string | false };
  readonly probeModel?: string;
}

/** Headers in which an SDK may have put a key, and those that bind a request to the account of one key. */
const CREDENTIAL_HEADERS = [
  'authorization',
  'api-key',
  'x-api-key',
  'x-goog-api-key',
  'xi-api-key',
  'openai-organization',
  'openai-project',
  'anthropic-workspace-id',
  'x-goog-user-project',
] as const;
const CREDENTIAL_PARAMETERS = ['key', 'api_key', 'api-key', 'access_token', 'oauth_token'] as const;

/** Gateways of one's own take `ollama` or `sk-1234`; some vendors give out signed tokens. */
const ANY_KEY = { prefixes: [], ownPrefixes: [], wrongKinds: [], shortest: 1, longest: 16_384 };

/** What the settings of a provider say of the profile that it goes by. */
interface ProfileSettings {
  readonly vendor?: string | VendorProfile;
  readonly compatibleWith?: WireFormat;
  readonly baseUrl?: string;
}

const hostOf = (url: string | undefined): string | undefined => (url === undefined ? undefined : new URL(url).host);

/**
 * The profile that a provider goes by: the one its settings name, else the vendor of its name, else the vendor that is called under its base URL,
 * else its wire format alone.
 */
export function profileOf(provider: string, settings: ProfileSettings | undefined): VendorProfile {
  const { vendor, compatibleWith, baseUrl } = settings ?? {};
  if (typeof vendor === 'object') return vendor;
  const named = BUILT_IN_VENDORS.get(vendor ?? provider);
  if (named && compatibleWith === undefined) return named;
  const host = hostOf(baseUrl);
  const called = [...BUILT_IN_VENDORS.values()].find((each) => host !== undefined && hostOf(each.baseUrl) === host);
  if (called && (called.wireFormat ?? 'openai') === (compatibleWith ?? 'openai')) return called;
  return { name: provider, wireFormat: compatibleWith };
}

/** The profile completed by its wire format, with the settings of the provider that it serves. */
export function vendorOf(profile: VendorProfile, settings: VendorSettings = {}): Vendor {
  const wireFormat = profile.wireFormat ?? 'openai';
  const format = WIRE_FORMAT_DEFAULTS[wireFormat];
  const place = settings.credential ?? profile.credential ?? format.credential;
  return {
    name: profile.name,
    label: profile.label ?? profile.name,
    wireFormat,
    baseUrl: settings.baseUrl ?? profile.baseUrl,
    credential: {
      place,
      removeHeaders: new Set([...CREDENTIAL_HEADERS, ...('header' in place ? [place.header.toLowerCase()] : [])]),
      removeQuery: [...CREDENTIAL_PARAMETERS, ...('query' in place ? [place.query.toLowerCase()] : [])],
    },
    headers: {
      ...format.headers,
      ...withLowerCaseNames(profile.headers ?? {}),
      ...withLowerCaseNames(settings.headers ?? {}),
    },
    query: { ...profile.query, ...settings.query },
    keyFormat: { ...ANY_KEY, ...profile.keyFormat },
    probes: {
      light: lightProbes(profile.probes?.light ?? format.light, settings),
      deep: deepProbes(profile.probes?.deep ?? format.deep, settings),
    },
    balance: profile.balance,
    // The three vendors whose rules are those of their format have them once.
    rules: [
      ...(profile.rules === format.rules ? [] : (profile.rules ?? [])),
      ...edgeRules,
      ...format.rules,
      ...lastRules(profile),
    ],
    statusTable: profile.statusTable ?? { 401: 'invalid_key', 402: 'quota_exceeded', 429: 'rate_limited' },
    limitKind: profile.rateLimits?.kind ?? 'token_bucket',
    rateLimitScope: profile.rateLimits?.scope ?? 'key_model',
    readRateLimits: profile.rateLimits?.read ?? format.readRateLimits,
    dayTimeZone: profile.rateLimits?.day?.timeZone ?? 'UTC',
    tokenBooking: profile.rateLimits?.books ?? 'input_and_max_output',
    booksCachedInput: profile.rateLimits?.booksCachedInput ?? true,
    accountHeaders: profile.accountHeaders ?? [],
    accountInText: profile.accountInText ?? [],
    accountInDetails: profile.accountInDetails ?? {},
    accountInHost: profile.accountInHost,
    telemetryName: profile.telemetryName ?? profile.name,
    usage: profile.usage,
    pricesName: profile.pricesName,
    errorBody: profile.errorBody ?? format.errorBody,
    modelPaths: profile.modelPaths ? [...profile.modelPaths, ...ALL_FORMATS.modelPaths] : ALL_FORMATS.modelPaths,
    streamBeginning: streamBeginnings(profile),
    affinityFields: profile.affinityFields ?? [],
    affinityHeaders: profile.affinityHeaders ?? [],
    idempotencyHeader: profile.idempotencyHeader,
    uploadUrlHeader: profile.uploadUrlHeader,
    boundIds: profile.boundIds === false ? undefined : (profile.boundIds ?? format.boundIds),
  };
}

function streamBeginnings({ streamBeginning }: VendorProfile): StreamBeginnings {
  const { preamble, begun } = ALL_FORMATS.streamBeginning;
  if (!streamBeginning) return ALL_FORMATS.streamBeginning;
  return {
    preamble: new Set([...preamble, ...(streamBeginning.preamble ?? [])]),
    begun: new Set([...begun, ...(streamBeginning.begun ?? [])]),
  };
}

function lightProbes(light: readonly LightProbe[] | false, { probe }: VendorSettings): readonly LightProbe[] {
  if (probe?.light === undefined) return light || [];
  return probe.light === false ? [] : [{ path: probe.light, proves: 'key' }];
}

function deepProbes(deep: readonly DeepProbe[] | false, { probe, probeModel }: VendorSettings): readonly DeepProbe[] {
  if (deep === false || probe?.deep === false) return [];
  const path = probe?.deep;
  const asked = path === undefined ? deep : deep.slice(0, 1).map((each) => ({ ...each, path }));
  return asked.map((each) => ({ ...each, model: probeModel ?? each.model }));
}
