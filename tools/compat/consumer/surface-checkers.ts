// The exports that a custom vendor needs.
import * as keys from 'nestjs-ai-key-management';
import type {
  BoundIds,
  BoundKind,
  Classification,
  Condition,
  Consequence,
  Credential,
  DecidedBy,
  DeepProbe,
  EvidenceContext,
  EvidenceRule,
  Fault,
  FormatVerdict,
  HeaderView,
  HealthResult,
  KeyAction,
  KeyFormat,
  LightProbe,
  Outcome,
  Phase,
  ProbeContext,
  ProbeDepth,
  ProbeProof,
  RateLimitReader,
  RateLimitReading,
  RateLimits,
  RetryAdvice,
  Scope,
  StatedWait,
  TellingCall,
  VendorError,
  VendorProfile,
  WireFormat,
} from 'nestjs-ai-key-management';

@keys.HealthChecker('own')
export class OwnChecker extends keys.BaseHealthChecker {
  checkHealth(apiKey: string, { depth, signal }: ProbeContext): Promise<HealthResult> {
    const deep: ProbeDepth = 'deep';
    return Promise.resolve({ outcome: depth === deep && apiKey && !signal.aborted ? 'ok' : 'unknown' });
  }
  classifyError({ phase, statedWait }: VendorError): Classification {
    const http: Phase = 'http';
    const wait: StatedWait | undefined = statedWait;
    const decidedBy: DecidedBy = 'checker';
    const outcome: Outcome = phase === http ? 'rate_limited' : 'unknown';
    return { outcome, decidedBy, ...(wait && { retryAfterMs: wait.ms }) };
  }
  override validateFormat(apiKey: string): FormatVerdict {
    return apiKey ? super.validateFormat(apiKey) : { valid: false, reason: 'empty' };
  }
}
export class OwnListener {
  readonly heard: keys.HeardKeyEvent[] = ['key_removed'];
  constructor(@keys.InjectManagedFetch('own') readonly fetch: keys.ManagedFetch) {}
  @keys.OnKeyEvent('key_removed', 'key_added')
  hear({ type }: keys.KeyEvent): void {
    this.heard.push(type);
  }
}
export const registered = (registry: keys.HealthCheckerRegistry) => {
  registry.addChecker('x', keys.StatusTableHealthChecker.from({ 401: 'invalid_key' }));
  return [registry.get('x'), registry.providers()] as const;
};
const consequence: Consequence = keys.CONSEQUENCES.ok;
export const table: [KeyAction, Scope, RetryAdvice, Fault] = [
  consequence.keyAction,
  consequence.scope,
  consequence.retry,
  consequence.fault,
];
export const outcomes = keys.OUTCOMES;

const credential: Credential = { header: 'x-acme-key' };
const keyFormat: KeyFormat = { prefixes: ['ac-'] };
const proves: ProbeProof = 'key';
const light: LightProbe = { path: '/v1/me', proves };
const deep: DeepProbe = { path: '/v1/chat', body: (model) => ({ model }), model: 'small' };
const condition: Condition = { on: 'code', oneOf: ['spent'] };
const rule: EvidenceRule = { id: 'AC1', when: [condition], outcome: 'quota_exceeded' };
const read: RateLimitReader = (headers: HeaderView, now): RateLimitReading[] => [
  { dimension: 'requests', remaining: Number(headers.get('x-left')), resetMs: now % 2 },
];
const rateLimits: RateLimits = { read };
const wireFormat: WireFormat = 'openai';
const telling: TellingCall = { path: '/chat', where: /"sandbox"/ };
const kind: BoundKind = { kind: 'file', collections: ['files'], fields: ['file_id'], toldBy: [telling], keptDays: 7 };
const boundIds: BoundIds = { kinds: [kind], notFound: [[condition]] };
const profile: VendorProfile = {
  name: 'acme',
  wireFormat,
  credential,
  keyFormat,
  probes: { light: [light], deep: [deep] },
  rules: [rule],
  rateLimits,
  boundIds,
};
export const acme = keys.defineVendor(profile);
const context: EvidenceContext = { secrets: ['x'] };
export const evidence = keys.vendorErrorFrom(new Error('x'), context);
