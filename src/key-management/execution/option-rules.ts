import { described, optionFault, type OptionRule, type OptionRules, type RulesFor } from '../common/option-fault';
import type { ExecuteOptions } from './execution.types';

/** The longest name of a model: ARNs of Bedrock are that long. Characters. */
const MAX_MODEL_LENGTH = 2_048;

/** A number of milliseconds; Infinity for no limit. */
export const milliseconds: OptionRule = (value) =>
  typeof value === 'number' && value >= 0
    ? undefined
    : 'a number of milliseconds, 0 or more, or be left out for the default';

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

const count: OptionRule = (value) => (isCount(value) ? undefined : 'a whole number, 0 or more');

const model: OptionRule = (value) =>
  typeof value === 'string' && value !== '' && value.length <= MAX_MODEL_LENGTH
    ? undefined
    : `the name of a model, in 1 to ${MAX_MODEL_LENGTH.toLocaleString('en-US')} characters, or be left out`;

const endpoint: OptionRule = (value) =>
  typeof value === 'string' && value !== '' && value.length <= MAX_MODEL_LENGTH
    ? undefined
    : 'a text, as "/v1/embeddings" or "GET /v1/files", or be left out';

const estimatedTokens: OptionRule = (value) => {
  if (typeof value !== 'object' || value === null)
    return isCount(value) ? undefined : 'a whole number of tokens, or { input, output }, or be left out';
  const { input, output, ...others } = value as Record<string, unknown>;
  const isRight = isCount(input) && (output === undefined || isCount(output)) && Object.keys(others).length === 0;
  return isRight ? undefined : 'a whole number, or { input, output } with whole numbers of tokens and nothing else';
};

const priority: OptionRule = (value) =>
  value === 'interactive' || value === 'batch' ? undefined : '"interactive" or "batch", or be left out';

/** Characters. */
const MAX_AFFINITY_LENGTH = 512;

export const isAffinityId = (id: unknown): id is string =>
  typeof id === 'string' && id !== '' && id.length <= MAX_AFFINITY_LENGTH;

const affinity: OptionRule = (value) => {
  const allowed = `an id of 1 to ${MAX_AFFINITY_LENGTH} characters, or { id, hard }`;
  if (typeof value !== 'object' || value === null)
    return isAffinityId(value) ? undefined : `${allowed}, or be left out`;
  const { id, hard, ...others } = value as Record<string, unknown>;
  const isRight =
    isAffinityId(id) && (hard === undefined || typeof hard === 'boolean') && Object.keys(others).length === 0;
  return isRight ? undefined : `${allowed} with hard true or false and nothing else`;
};

/** Accepts also a signal of another realm, or of a polyfill. */
const signal: OptionRule = (value) => {
  const { aborted, addEventListener, removeEventListener } = (value ?? {}) as Partial<AbortSignal>;
  const isSignal =
    typeof aborted === 'boolean' && typeof addEventListener === 'function' && typeof removeEventListener === 'function';
  return isSignal ? undefined : 'an AbortSignal, or be left out';
};

const OF_CALLS: RulesFor<ExecuteOptions> = {
  maxRetries: count,
  timeoutMs: milliseconds,
  attemptTimeoutMs: milliseconds,
  maxWaitMs: milliseconds,
  signal,
  model,
  endpoint,
  estimatedTokens,
  priority,
  affinity,
};

const CALL_OPTIONS: OptionRules = new Map(Object.entries(OF_CALLS));

/** The rules for the options of calls, and for some more. */
export const withCallOptions = <T extends ExecuteOptions>(own: RulesFor<Omit<T, keyof ExecuteOptions>>): OptionRules =>
  new Map([...CALL_OPTIONS, ...Object.entries<OptionRule>(own)]);

/** Says what is wrong with a call as it is asked for; undefined where all is right. */
export function callFault(provider: unknown, call: unknown, options?: unknown): string | undefined {
  if (typeof provider !== 'string') return `provider must be the name of a provider, not ${described(provider)}.`;
  if (typeof call !== 'function') return `call must be a function, not ${described(call)}.`;
  return options === undefined ? undefined : optionFault(options, CALL_OPTIONS);
}
