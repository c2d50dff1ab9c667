/**
 * What calls used. Tokens are totals, as OpenAI counts: the input includes what was read from and written to a cache, the output includes what was
 * thought.
 */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens: number;
  cacheWriteTokens: number;
  reasoningTokens: number;
  /** US dollars; undefined where the price is not known. */
  costUsd?: number;
}
