import { anthropic } from './anthropic/anthropic';
import { azure } from './azure';
import { bedrock } from './bedrock';
import { cerebras } from './cerebras';
import { cohere } from './cohere';
import { dashscope } from './dashscope';
import { deepgram } from './deepgram';
import { deepseek } from './deepseek';
import { elevenlabs } from './elevenlabs';
import { fireworks } from './fireworks';
import { google } from './google/google';
import { groq } from './groq';
import { huggingface } from './huggingface';
import { minimax } from './minimax';
import { mistral } from './mistral';
import { moonshot } from './moonshot';
import { nvidia } from './nvidia';
import { ollama } from './ollama';
import { openai } from './openai/openai';
import { openrouter } from './openrouter';
import { perplexity } from './perplexity';
import { replicate } from './replicate';
import { sambanova } from './sambanova';
import { serpapi } from './serpapi';
import { siliconflow } from './siliconflow';
import { tavily } from './tavily';
import { together } from './together';
import { vertex } from './vertex';
import { volcengine } from './volcengine';
import { voyage } from './voyage';
import { xai } from './xai';
import { zhipu } from './zhipu';
import type { VendorProfile } from './contract/profile';

/** The vendors that this package knows, by name. To add one, write its profile and enter it here. */
export const BUILT_IN_VENDORS: ReadonlyMap<string, VendorProfile> = new Map(
  [
    openai,
    anthropic,
    google,
    azure,
    bedrock,
    vertex,
    openrouter,
    deepseek,
    groq,
    mistral,
    xai,
    together,
    fireworks,
    cerebras,
    sambanova,
    cohere,
    perplexity,
    nvidia,
    huggingface,
    moonshot,
    zhipu,
    dashscope,
    minimax,
    siliconflow,
    volcengine,
    ollama,
    replicate,
    elevenlabs,
    deepgram,
    voyage,
    tavily,
    serpapi,
  ].map((profile) => [profile.name, profile]),
);
