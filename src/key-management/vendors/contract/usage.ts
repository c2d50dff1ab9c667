/**
 * Where the answers of a vendor state what they used, where that is not as the wire formats have it. A field is named by its path within the object
 * that holds the counts (`prompt_tokens_details.cached_tokens`); of several names the first that holds a count is read. What is left out is
 * read as OpenAI, Anthropic or Google state it, whichever of them the answer looks like.
 */
export interface UsageFields {
  /**
   * The objects that hold the counts, by their path in an answer; in a stream the last name of the path is looked for. An empty text: the answer
   * itself. Default: `usage` and `usageMetadata`.
   */
  readonly places?: readonly string[];
  /** All tokens of the request. */
  readonly input?: readonly string[];
  /** Further tokens of the request, which `input` does not count: all of them are added. */
  readonly addedInput?: readonly string[];
  /** All tokens that were written. */
  readonly output?: readonly string[];
  /**
   * Further tokens that were written, which `output` does not count: all of them are added, unless the vendor's total shows that they are in it.
   */
  readonly addedOutput?: readonly string[];
  /** Tokens of the request that were read from a cache. */
  readonly cachedInput?: readonly string[];
  /** Tokens of the request that were written to a cache. */
  readonly cacheWrite?: readonly string[];
  /** Tokens of the answer that were thought and not said. */
  readonly reasoning?: readonly string[];
  /** What the call cost, where the vendor says so itself. */
  readonly cost?: readonly string[];
  /** How many units of `cost` are one US dollar. Default 1. */
  readonly costUnitsPerUsd?: number;
}
