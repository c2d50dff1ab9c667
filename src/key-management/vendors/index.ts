import { anthropicKnowledge } from './anthropic/anthropic';
import type { VendorKnowledge } from './contract/vendor';
import { googleKnowledge } from './google/google';
import { openAiKnowledge } from './openai/openai';

export { compatibleKnowledge } from './compatible/compatible';

/** The vendors that this package knows, by name. */
export const BUILT_IN_VENDORS = {
  openai: openAiKnowledge,
  anthropic: anthropicKnowledge,
  google: googleKnowledge,
} as const satisfies Readonly<Record<string, VendorKnowledge>>;
