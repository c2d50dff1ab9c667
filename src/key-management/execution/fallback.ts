import type { AttemptReport, CallRejectedError, KeyManagementError } from '../errors';
import { described } from '../common/option-fault';
import type { ExecuteOptions, ExecutionResult, ManagedCall } from './execution.types';
import { callFault } from './option-rules';

/** One provider of a fallback, in order of preference. */
export interface FallbackChoice<T> {
  provider: string;
  call: ManagedCall<T>;
  /** `timeoutMs` and `signal` of the first choice bound all choices; those of the others are not used. */
  options?: ExecuteOptions;
}

/** Whether another provider may still answer a call that failed with this error: not where the fault, or the wish to stop, is the caller's. */
export function mayFallBack(error: KeyManagementError): boolean {
  switch (error.code) {
    case 'NO_HEALTHY_KEYS':
    case 'ATTEMPTS_EXHAUSTED':
    case 'UNKNOWN_PROVIDER':
      return true;
    case 'CALL_REJECTED': {
      const outcome = error.attempts.at(-1)?.outcome ?? (error as CallRejectedError).outcome;
      // Without either it is the caller's options that are wrong.
      return outcome !== undefined && outcome !== 'bad_request' && outcome !== 'content_blocked';
    }
    default:
      return false;
  }
}

/** Says what is wrong with the choices, before any is tried; undefined where all are right. */
export function choicesFault(choices: unknown): string | undefined {
  if (!Array.isArray(choices))
    return `choices must be a list of { provider, call, options }, not ${described(choices)}.`;
  for (const [n, choice] of choices.entries()) {
    const fault = choiceFault(choice);
    if (fault !== undefined) return `in choice ${n + 1}, ${fault}`;
  }
  return undefined;
}

function choiceFault(choice: unknown): string | undefined {
  if (typeof choice !== 'object' || choice === null)
    return `{ provider, call, options } is expected, not ${described(choice)}.`;
  const { provider, call, options } = choice as Partial<FallbackChoice<unknown>>;
  return callFault(provider, call, options);
}

/** The options of one choice within what all choices share. Only the last waits for a key by default: before that, the next provider is tried. */
export function choiceOptions(
  first: ExecuteOptions | undefined,
  own: ExecuteOptions | undefined,
  place: { readonly isLast: boolean; readonly elapsedMs: number },
): ExecuteOptions {
  return {
    ...own,
    maxWaitMs: own?.maxWaitMs ?? (place.isLast ? undefined : 0),
    signal: first?.signal,
    timeoutMs: first?.timeoutMs === undefined ? undefined : Math.max(0, first.timeoutMs - place.elapsedMs),
  };
}

/** Joins the results of all providers to one; `provider` is the provider that answered, or the last. Attempts stay what they are: the end of a stream may still change one. */
export function joined<T>(results: readonly ExecutionResult<T>[]): ExecutionResult<T> {
  const last = results.at(-1)!;
  if (results.length === 1) return last;
  const attempts: AttemptReport[] = results.flatMap(({ provider, attempts }) =>
    attempts.map((attempt) => Object.assign(attempt, { provider })),
  );
  // The error is about the whole call, so it lists all attempts.
  if (!last.success) Object.assign(last.error, { attempts });
  return {
    ...last,
    attempts,
    attemptsMade: attempts.length,
    keysTried: results.flatMap(({ keysTried }) => keysTried),
    totalTimeMs: results.reduce((sum, { totalTimeMs }) => sum + totalTimeMs, 0),
  };
}
