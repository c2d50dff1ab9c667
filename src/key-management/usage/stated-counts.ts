import { setParts } from './prices';
import type { Usage } from './usage';

/** A number of tokens, as vendors state it. */
export const isCount = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;

const countOf = (value: unknown): number => (isCount(value) ? value : 0);

/** What of the input was cached can be no more than the input, whatever a vendor says. */
export const usageOf = (input: number, output: number, cached: number, written: number, reasoning: number): Usage => ({
  inputTokens: input,
  outputTokens: output,
  cachedInputTokens: cached > input ? input : cached,
  cacheWriteTokens: written > input - cached ? Math.max(0, input - cached) : written,
  reasoningTokens: reasoning > output ? output : reasoning,
  // Its place in the object: to add a property afterwards takes another object.
  costUsd: undefined,
});

/** The details of an input that is stated whole. LangChain names them as no vendor does. */
interface InputDetails {
  readonly audio_tokens?: unknown;
  readonly image_tokens?: unknown;
  readonly cached_tokens?: unknown;
  readonly cache_write_tokens?: unknown;
  readonly cache_read?: unknown;
  readonly cache_creation?: unknown;
}
interface OutputDetails {
  readonly audio_tokens?: unknown;
  readonly image_tokens?: unknown;
  readonly reasoning_tokens?: unknown;
  readonly thinking_tokens?: unknown;
  readonly reasoning?: unknown;
}

/** OpenAI's chat completions, completions and embeddings. */
interface ChatCounts {
  readonly prompt_tokens: unknown;
  readonly completion_tokens?: unknown;
  readonly total_tokens?: unknown;
  readonly prompt_tokens_details?: InputDetails | null;
  readonly completion_tokens_details?: OutputDetails | null;
  /** Gateways add these to OpenAI's: the input counts them already. */
  readonly cache_read_input_tokens?: unknown;
  readonly cache_creation_input_tokens?: unknown;
}

/** OpenAI's responses, images and transcriptions; and Anthropic's messages, which count what the cache read and took beside the input. */
interface ResponseCounts {
  readonly input_tokens: unknown;
  readonly output_tokens?: unknown;
  readonly total_tokens?: unknown;
  readonly input_tokens_details?: InputDetails | null;
  readonly output_tokens_details?: OutputDetails | null;
  readonly input_token_details?: InputDetails | null;
  readonly output_token_details?: OutputDetails | null;
  readonly cache_read_input_tokens?: unknown;
  readonly cache_creation_input_tokens?: unknown;
  readonly cache_creation?: { readonly ephemeral_1h_input_tokens?: unknown } | null;
}

/** Tokens of one kind of input or output. */
interface GoogleDetail {
  readonly modality?: unknown;
  readonly tokenCount?: unknown;
}

/** Google's generateContent: what was thought, and what tools brought in, are counted beside the rest. */
interface GoogleCounts {
  readonly promptTokenCount: unknown;
  readonly toolUsePromptTokenCount?: unknown;
  readonly cachedContentTokenCount?: unknown;
  readonly candidatesTokenCount?: unknown;
  readonly responseTokenCount?: unknown;
  readonly thoughtsTokenCount?: unknown;
  readonly totalTokenCount?: unknown;
  readonly promptTokensDetails?: readonly GoogleDetail[];
  readonly candidatesTokensDetails?: readonly GoogleDetail[];
}

/**
 * The counts of an object that states them as OpenAI, Anthropic or Google does; undefined for any other. On the path of every call: each branch reads
 * fixed names of objects that are shaped alike. May throw what a getter throws.
 */
export function knownUsage(stated: object): Usage | undefined {
  const { prompt_tokens: prompt } = stated as ChatCounts;
  if (isCount(prompt)) return chatUsage(stated as ChatCounts, prompt);
  const { input_tokens: input } = stated as ResponseCounts;
  if (isCount(input)) return responseUsage(stated as ResponseCounts, input);
  const { promptTokenCount: google } = stated as GoogleCounts;
  return isCount(google) ? googleUsage(stated as GoogleCounts, google) : undefined;
}

function chatUsage(stated: ChatCounts, input: number): Usage {
  const { completion_tokens: written, prompt_tokens_details: read, completion_tokens_details: details } = stated;
  const output = isCount(written) ? written : restOf(stated.total_tokens, input);
  const usage = usageOf(
    input,
    output,
    countOf(read?.cached_tokens ?? stated.cache_read_input_tokens),
    countOf(read?.cache_write_tokens ?? stated.cache_creation_input_tokens),
    countOf(details?.reasoning_tokens),
  );
  if (hasParts(read) || hasParts(details)) noteParts(usage, read, details, 0);
  return usage;
}

function responseUsage(stated: ResponseCounts, input: number): Usage {
  const { cache_read_input_tokens: cacheRead, cache_creation_input_tokens: cacheWrite } = stated;
  const details = stated.input_tokens_details ?? stated.input_token_details;
  const written = stated.output_tokens_details ?? stated.output_token_details;
  const whole = input + countOf(cacheRead) + countOf(cacheWrite);
  const output = isCount(stated.output_tokens) ? stated.output_tokens : restOf(stated.total_tokens, whole);
  const usage = usageOf(
    whole,
    output,
    countOf(cacheRead ?? details?.cached_tokens ?? details?.cache_read),
    countOf(cacheWrite ?? details?.cache_write_tokens ?? details?.cache_creation),
    countOf(written?.reasoning_tokens ?? written?.thinking_tokens ?? written?.reasoning),
  );
  const longest = stated.cache_creation?.ephemeral_1h_input_tokens;
  if (hasParts(details) || hasParts(written) || longest) noteParts(usage, details, written, countOf(longest));
  return usage;
}

function googleUsage(stated: GoogleCounts, prompt: number): Usage {
  const input = prompt + countOf(stated.toolUsePromptTokenCount);
  const thoughts = countOf(stated.thoughtsTokenCount);
  const said = stated.candidatesTokenCount ?? stated.responseTokenCount;
  const output = isCount(said)
    ? withAdded(input, said, thoughts, stated.totalTokenCount)
    : Math.max(thoughts, restOf(stated.totalTokenCount, input));
  const usage = usageOf(input, output, countOf(stated.cachedContentTokenCount), 0, thoughts);
  const { promptTokensDetails: read, candidatesTokensDetails: written } = stated;
  if (read !== undefined || written !== undefined) noteParts(usage, byModality(read), byModality(written), 0);
  return usage;
}

const byModality = (details: unknown): InputDetails & OutputDetails => ({
  audio_tokens: modalityCount(details, 'AUDIO'),
  image_tokens: modalityCount(details, 'IMAGE'),
});

const modalityCount = (details: unknown, modality: string): number =>
  Array.isArray(details)
    ? (details as GoogleDetail[])
        .slice(0, MOST_MODALITIES)
        .reduce((sum, each) => (each.modality === modality ? sum + countOf(each.tokenCount) : sum), 0)
    : 0;

/** Google has five. */
const MOST_MODALITIES = 16;

/** Nearly no usage has any. */
const hasParts = (details: InputDetails | OutputDetails | null | undefined): boolean =>
  details !== null && details !== undefined && Boolean(details.audio_tokens || details.image_tokens);

function noteParts(
  usage: Usage,
  read: InputDetails | null | undefined,
  written: OutputDetails | null | undefined,
  longCacheWrite: number,
): void {
  const audioInput = countOf(read?.audio_tokens);
  const imageInput = countOf(read?.image_tokens);
  const audioOutput = countOf(written?.audio_tokens);
  const imageOutput = countOf(written?.image_tokens);
  if (audioInput + imageInput + audioOutput + imageOutput + longCacheWrite === 0) return;
  setParts(usage, { audioInput, imageInput, longCacheWrite, audioOutput, imageOutput });
}

/** Output and what is added to it, unless the stated total shows that the output counts it already. */
export const withAdded = (input: number, output: number, added: number, total: unknown): number =>
  added > 0 && added <= output && total === input + output ? output : output + added;

/** What of a stated total is no input. */
const restOf = (total: unknown, input: number): number => (isCount(total) ? Math.max(0, total - input) : 0);
