/** What one call is expected to take of its account's token limits: whole numbers, 0 or more. */
export interface ExpectedTokens {
  /** Tokens of the request. */
  readonly input: number;
  /** The most tokens that the answer may have, as the vendor books it. */
  readonly output: number;
}

/** What one call turned out to have used, in tokens as the vendor books them: the sum, or input and output apart. */
export type UsedTokens = number | UsedParts;

export interface UsedParts {
  readonly input: number;
  readonly output: number;
  /** All tokens that it really took, where the vendor books others. */
  readonly tokens?: number;
  /** What it cost, US dollars; undefined where that is not known. */
  readonly usd?: number;
  /** More may come. */
  readonly isPartial?: boolean;
}

export const totalOf = (tokens: UsedTokens): number =>
  typeof tokens === 'number' ? tokens : tokens.input + tokens.output;

/** A limit that a call can never fit into: its size, and what it counts. */
export interface ExceededLimit {
  readonly dimension: 'tokens' | 'input_tokens' | 'output_tokens';
  readonly limit: number;
}

/** Input and output apart, where only their sum is known. */
export function partsOf(total: number, expected: ExpectedTokens | undefined): ExpectedTokens {
  const input = Math.min(total, expected?.input ?? total);
  return { input, output: total - input };
}
