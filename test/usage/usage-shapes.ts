import { OPENAI_SHAPES } from './shapes.openai';
import { ANTHROPIC_AND_GOOGLE_SHAPES } from './shapes.anthropic-and-google';
import { BEDROCK_TO_XAI_SHAPES } from './shapes.bedrock-to-xai';
import { PERPLEXITY_TO_REPLICATE_SHAPES } from './shapes.perplexity-to-replicate';
import type { UsageShape } from './usage-shape';

/** What the vendors' answers look like, with what they used. */
export const USAGE_SHAPES: readonly UsageShape[] = [
  ...OPENAI_SHAPES,
  ...ANTHROPIC_AND_GOOGLE_SHAPES,
  ...BEDROCK_TO_XAI_SHAPES,
  ...PERPLEXITY_TO_REPLICATE_SHAPES,
];
