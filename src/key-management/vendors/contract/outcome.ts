/** What an attempt or a probe turned out to be. */
export const OUTCOMES = [
  'ok',
  'invalid_key',
  'quota_exceeded',
  'rate_limited',
  'model_unavailable',
  'permission_denied',
  'region_blocked',
  'request_exceeds_key_limit',
  'bad_request',
  'content_blocked',
  'config_error',
  'overloaded',
  'server_error',
  'network_error',
  'timeout',
  'cancelled',
  'unknown',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What happens to the key: nothing, a cooldown inside the pool, or removal from it. */
export const KEY_ACTIONS = ['keep', 'cool_down', 'remove'] as const;
export type KeyAction = (typeof KEY_ACTIONS)[number];

/** How far a cooldown or a removal reaches. */
export const SCOPES = ['none', 'key', 'key_model', 'key_endpoint'] as const;
export type Scope = (typeof SCOPES)[number];

/** What happens to the call: `same_key` means the key is not implicated (back off, any key may serve). */
export const RETRY_ADVICES = ['same_key', 'other_key', 'none'] as const;
export type RetryAdvice = (typeof RETRY_ADVICES)[number];

/** Whose fault a failure is. Only `key` and `unknown` count against the key's success rate. */
export type Fault = 'nobody' | 'key' | 'caller' | 'vendor' | 'network' | 'unknown';

export interface Consequence {
  readonly keyAction: KeyAction;
  readonly scope: Scope;
  readonly retry: RetryAdvice;
  readonly fault: Fault;
}

const consequence = (keyAction: KeyAction, scope: Scope, retry: RetryAdvice, fault: Fault): Consequence =>
  Object.freeze({ keyAction, scope, retry, fault });

/** The one table: outcome → what happens to the key, how far, what happens to the call, whose fault. */
export const CONSEQUENCES: Readonly<Record<Outcome, Consequence>> = Object.freeze({
  ok: consequence('keep', 'none', 'none', 'nobody'),
  invalid_key: consequence('remove', 'key', 'other_key', 'key'),
  quota_exceeded: consequence('remove', 'key', 'other_key', 'key'),
  rate_limited: consequence('cool_down', 'key_model', 'other_key', 'key'),
  model_unavailable: consequence('cool_down', 'key_model', 'other_key', 'nobody'),
  permission_denied: consequence('cool_down', 'key_endpoint', 'other_key', 'key'),
  region_blocked: consequence('keep', 'none', 'none', 'network'),
  request_exceeds_key_limit: consequence('keep', 'none', 'other_key', 'caller'),
  bad_request: consequence('keep', 'none', 'none', 'caller'),
  content_blocked: consequence('keep', 'none', 'none', 'caller'),
  config_error: consequence('keep', 'none', 'none', 'caller'),
  overloaded: consequence('keep', 'none', 'same_key', 'vendor'),
  server_error: consequence('keep', 'none', 'same_key', 'vendor'),
  network_error: consequence('keep', 'none', 'same_key', 'network'),
  timeout: consequence('keep', 'none', 'same_key', 'network'),
  cancelled: consequence('keep', 'none', 'none', 'caller'),
  unknown: consequence('keep', 'none', 'other_key', 'unknown'),
});

export const isOutcome = (value: unknown): value is Outcome => value === 'ok' || OUTCOMES.includes(value as Outcome);

/** Failures that may be over at the next moment, or with the next key: the vendor's or the network's. */
export const isTransient = (outcome: Outcome): boolean => TRANSIENT.has(outcome);

const TRANSIENT: ReadonlySet<Outcome> = new Set<Outcome>(['overloaded', 'server_error', 'network_error', 'timeout']);
