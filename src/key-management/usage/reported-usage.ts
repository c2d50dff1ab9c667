import { described } from '../common/option-fault';
import { isCount } from './stated-counts';
import type { Usage } from './usage';

const COUNTS = ['inputTokens', 'outputTokens', 'cachedInputTokens', 'cacheWriteTokens', 'reasoningTokens'] as const;
const NAMES: readonly string[] = [...COUNTS, 'costUsd'];

/** Says what is wrong with a usage that a caller reports; undefined where all is right. */
export function usageFault(given: unknown): string | undefined {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return `usage must be an object, as { inputTokens: 12, outputTokens: 3 }, not ${described(given)}.`;
  for (const [name, value] of Object.entries(given)) {
    if (!NAMES.includes(name))
      return `there is no ${JSON.stringify(name.slice(0, 32))} in a usage. Known: ${NAMES.join(', ')}.`;
    if (value === undefined) continue;
    if (name === 'costUsd') {
      if (!isCount(value)) return `costUsd must be a number of US dollars, 0 or more, not ${described(value)}.`;
    } else if (!isCount(value) || !Number.isInteger(value))
      return `${name} must be a whole number of tokens, 0 or more, not ${described(value)}.`;
  }
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens } = given as Partial<Usage>;
  if (inputTokens !== undefined && (cachedInputTokens ?? 0) + (cacheWriteTokens ?? 0) > inputTokens)
    return 'cachedInputTokens and cacheWriteTokens are part of inputTokens and must not be more: add them to it.';
  if (outputTokens !== undefined && (reasoningTokens ?? 0) > outputTokens)
    return 'reasoningTokens are part of outputTokens and must not be more: add them to it.';
  return undefined;
}

/** What is reported over what was seen. What it cost is seen anew where the tokens are others. */
export function overSeen(reported: Partial<Usage>, seen: Usage | undefined): Usage {
  const usage: Usage = {
    inputTokens: reported.inputTokens ?? seen?.inputTokens ?? 0,
    outputTokens: reported.outputTokens ?? seen?.outputTokens ?? 0,
    cachedInputTokens: reported.cachedInputTokens ?? seen?.cachedInputTokens ?? 0,
    cacheWriteTokens: reported.cacheWriteTokens ?? seen?.cacheWriteTokens ?? 0,
    reasoningTokens: reported.reasoningTokens ?? seen?.reasoningTokens ?? 0,
  };
  const isSame = seen !== undefined && COUNTS.every((name) => usage[name] === seen[name]);
  const costUsd = reported.costUsd ?? (isSame ? seen.costUsd : undefined);
  if (costUsd !== undefined) usage.costUsd = costUsd;
  // Tokens that are part of others which were not reported.
  usage.inputTokens = Math.max(usage.inputTokens, usage.cachedInputTokens + usage.cacheWriteTokens);
  usage.outputTokens = Math.max(usage.outputTokens, usage.reasoningTokens);
  return usage;
}
