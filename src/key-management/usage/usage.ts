/** What an answer states to have used. Whole tokens, as totals. */
export interface Usage {
  /** The whole request: what was read from and written to a cache included. */
  inputTokens: number;
  /** All that was written: reasoning included. */
  outputTokens: number;
  /** Of the input, what was read from a cache. */
  cachedInputTokens: number;
  /** Of the input, what was written to a cache. */
  cacheWriteTokens: number;
  /** Of the output, what was thought and not said. */
  reasoningTokens: number;
  /** US dollars, by what the vendor states, or by the price that is known; absent where neither is. */
  costUsd?: number;
}

/** What two calls used together; undefined where it is known of neither. The cost is known where it is known of both. */
export function addUsage(one: Usage, other: Usage): Usage;
export function addUsage(one: Usage | undefined, other: Usage | undefined): Usage | undefined;
export function addUsage(one: Usage | undefined, other: Usage | undefined): Usage | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const sum: Usage = {
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    cachedInputTokens: one.cachedInputTokens + other.cachedInputTokens,
    cacheWriteTokens: one.cacheWriteTokens + other.cacheWriteTokens,
    reasoningTokens: one.reasoningTokens + other.reasoningTokens,
  };
  if (one.costUsd !== undefined && other.costUsd !== undefined) sum.costUsd = one.costUsd + other.costUsd;
  return sum;
}
