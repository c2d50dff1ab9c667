import type { LeaseOptions } from '../pool/key-input';
import { endOf, isBounded, runBounded, type AttemptEnd } from './attempt';
import { AttemptContext } from './call-context';
import { Execution } from './execution';
import type { ExecutionSettings, ProviderLine } from './execution-settings';
import type { ExecuteOptions, ExecutionResult, ManagedCall } from './execution.types';
import { isFailedResponse } from './failure';
import { succeeded } from './success';

const ANY_KEY: LeaseOptions = Object.freeze({});

/**
 * One managed call. Nearly all have a key at once and an answer at the first attempt: for them nothing is made that is not needed.
 * All others are an {@link Execution}'s.
 */
export async function runCall<T>(
  line: ProviderLine,
  call: ManagedCall<T>,
  options: ExecuteOptions,
  settings: ExecutionSettings,
): Promise<ExecutionResult<T>> {
  const startedAt = settings.clock.now();
  const { model, timeoutMs = Infinity } = options;
  // Traced calls, and those that are over before they begin.
  if (options.signal?.aborted || !(timeoutMs > 0) || settings.tracer?.(startedAt))
    return new Execution(line, call, options, settings, startedAt).run();
  const lease = line.queue.isWaiting(model)
    ? undefined
    : line.pool.lease(model === undefined ? ANY_KEY : { model }, startedAt);
  if (!lease) return new Execution(line, call, options, settings, startedAt).run();
  const context = new AttemptContext(lease, 1);
  let response: T;
  let failure: AttemptEnd | undefined;
  try {
    response = await (isBounded(options)
      ? runBounded(call, context, options, startedAt + timeoutMs, settings.limits)
      : call(context));
    if (isFailedResponse(response)) failure = { kind: 'value', value: response };
  } catch (error) {
    failure = endOf(error);
  }
  if (failure) return new Execution(line, call, options, settings, startedAt).goOn(lease, failure);
  return succeeded(line, settings, context, response!, startedAt);
}
