// The exports that a custom vendor needs.
import * as keys from 'nestjs-ai-key-management';
import type {
  Classification,
  Consequence,
  DecidedBy,
  Fault,
  FormatVerdict,
  HealthResult,
  KeyAction,
  Outcome,
  Phase,
  ProbeContext,
  ProbeDepth,
  RetryAdvice,
  Scope,
  StatedWait,
  VendorError,
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
