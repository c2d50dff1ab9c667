// All peers in one place. They are found from here, where they are installed; the compiled benchmarks lie elsewhere.
export { circuitBreaker, ConsecutiveBreaker, handleAll, retry, timeout, TimeoutStrategy, wrap } from 'cockatiel';
export { default as pRetry } from 'p-retry';
export { AsyncCaller } from '@langchain/core/utils/async_caller';
export { createRetryableModel, error as aiError } from 'ai-retry/language-model';
import poolswitch from 'poolswitch-node';
export const { PoolSwitchClient } = poolswitch;
