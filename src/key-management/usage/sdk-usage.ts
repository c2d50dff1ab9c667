import { read } from '../classification/evidence/safe-read';
import { firstCount, type Path } from './field-paths';
import { usageOf } from './stated-counts';
import type { Usage } from './usage';

/** The whole input, by the names that SDKs give it, and services that speak no wire format. */
const INPUT: readonly Path[] = [
  ['promptTokens'],
  // Of the AI SDK's models.
  ['inputTokens', 'total'],
  ['tokens', 'input_tokens'],
  ['billed_units', 'input_tokens'],
  ['prompt_eval_count'],
];
/** Under this name Bedrock counts the input without what a cache read or took, and others all of it. */
const PLAIN_INPUT: readonly Path[] = [['inputTokens']];
const CACHE_READS: readonly Path[] = [['cacheReadInputTokens']];
const CACHE_WRITES: readonly Path[] = [['cacheWriteInputTokens']];
const CACHED_WITHIN: readonly Path[] = [
  ['promptTokensDetails', 'cachedTokens'],
  ['inputTokensDetails', 'cachedTokens'],
  ['inputTokenDetails', 'cacheReadTokens'],
  ['inputTokens', 'cacheRead'],
  ['cachedInputTokens'],
];
const WRITTEN_WITHIN: readonly Path[] = [
  ['inputTokenDetails', 'cacheWriteTokens'],
  ['inputTokens', 'cacheWrite'],
];
const OUTPUT: readonly Path[] = [
  ['completionTokens'],
  ['outputTokens'],
  ['outputTokens', 'total'],
  ['tokens', 'output_tokens'],
  ['billed_units', 'output_tokens'],
  ['eval_count'],
  // Beside an input that is not stated.
  ['completion_tokens'],
  ['output_tokens'],
];
/** Google's, where it states no input. */
const OUTPUT_PARTS: readonly Path[] = [['candidatesTokenCount'], ['responseTokenCount'], ['thoughtsTokenCount']];
const REASONING: readonly Path[] = [
  ['outputTokenDetails', 'reasoningTokens'],
  ['outputTokens', 'reasoning'],
  ['completionTokensDetails', 'reasoningTokens'],
  ['outputTokensDetails', 'reasoningTokens'],
  ['reasoningTokens'],
  ['completion_tokens_details', 'reasoning_tokens'],
  ['thoughtsTokenCount'],
];
const TOTAL: readonly Path[] = [['total_tokens'], ['totalTokenCount'], ['totalTokens']];

/** The counts of an object that states them in no wire format: as an SDK gives them. Undefined where it states none. */
export function sdkUsage(stated: object): Usage | undefined {
  const whole = firstCount(stated, INPUT);
  const plain = firstCount(stated, PLAIN_INPUT);
  const reads = firstCount(stated, CACHE_READS);
  const writes = firstCount(stated, CACHE_WRITES);
  const input = whole ?? (plain === undefined ? undefined : plain + (reads ?? 0) + (writes ?? 0));
  const output = firstCount(stated, OUTPUT) ?? sumOfParts(stated);
  const total = firstCount(stated, TOTAL);
  if (input === undefined && output === undefined && total === undefined) return undefined;
  const written = output ?? Math.max(0, (total ?? 0) - (input ?? total ?? 0));
  const taken = input ?? Math.max(0, (total ?? 0) - written);
  return usageOf(
    taken,
    written,
    reads ?? firstCount(stated, CACHED_WITHIN) ?? 0,
    writes ?? firstCount(stated, WRITTEN_WITHIN) ?? 0,
    firstCount(stated, REASONING) ?? 0,
  );
}

function sumOfParts(stated: object): number | undefined {
  const parts = OUTPUT_PARTS.map((path) => firstCount(stated, [path])).filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.reduce((all, part) => all + part, 0);
}

/** Where SDKs put the counts in what they return. Of the AI SDK's steps the total counts. */
const SDK_PLACES = ['totalUsage', 'usage', 'usageMetadata', 'usage_metadata'] as const;

/** The object in an SDK's answer that may hold the counts; undefined where there is none. */
export function placeInSdk(answer: object): object | undefined {
  for (const name of SDK_PLACES) {
    const place = read(answer, name);
    if (typeof place === 'object' && place !== null) return place;
  }
  return undefined;
}
