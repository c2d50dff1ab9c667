import { parseJson } from '../../common/text';
import { isObject, read } from '../../classification/evidence/safe-read';

/** What an answer states to have used. Tokens. */
export interface TokenUsage {
  /** The whole request, what was read from and written to a cache included. */
  readonly input: number;
  /** Of the input, what was read from a cache. */
  readonly cachedInput: number;
  /** All that was written, reasoning included. */
  readonly output: number;
}

/** What several answers used together. */
export function sumOf(one: TokenUsage | undefined, other: TokenUsage | undefined): TokenUsage | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return {
    input: one.input + other.input,
    cachedInput: one.cachedInput + other.cachedInput,
    output: one.output + other.output,
  };
}

type Path = readonly string[];

/** The whole input, by the name that a vendor or an SDK gives it. */
const INPUT: readonly Path[] = [
  ['prompt_tokens'],
  ['promptTokenCount'],
  ['promptTokens'],
  // Of the AI SDK's models.
  ['inputTokens', 'total'],
  ['tokens', 'input_tokens'],
  ['billed_units', 'input_tokens'],
  ['prompt_eval_count'],
];
/** Under these names Anthropic and Bedrock count the input without what a cache read or took, and others all of it. */
const PLAIN_INPUT: readonly Path[] = [['input_tokens'], ['inputTokens']];
const CACHE_READS: readonly Path[] = [['cache_read_input_tokens'], ['cacheReadInputTokens']];
const CACHE_WRITES: readonly Path[] = [['cache_creation_input_tokens'], ['cacheWriteInputTokens']];
const CACHED_WITHIN: readonly Path[] = [
  ['prompt_tokens_details', 'cached_tokens'],
  ['input_tokens_details', 'cached_tokens'],
  ['promptTokensDetails', 'cachedTokens'],
  ['inputTokensDetails', 'cachedTokens'],
  ['input_token_details', 'cache_read'],
  ['inputTokenDetails', 'cacheReadTokens'],
  ['inputTokens', 'cacheRead'],
  ['prompt_cache_hit_tokens'],
  ['cachedContentTokenCount'],
  ['cachedInputTokens'],
];
const OUTPUT: readonly Path[] = [
  ['completion_tokens'],
  ['output_tokens'],
  ['completionTokens'],
  ['outputTokens'],
  ['outputTokens', 'total'],
  ['tokens', 'output_tokens'],
  ['billed_units', 'output_tokens'],
  ['eval_count'],
];
/** Google counts what was thought beside what was said. */
const OUTPUT_PARTS: readonly Path[] = [['candidatesTokenCount'], ['responseTokenCount'], ['thoughtsTokenCount']];
const TOTAL: readonly Path[] = [['total_tokens'], ['totalTokenCount'], ['totalTokens']];
const TOOL_INPUT: readonly Path[] = [['toolUsePromptTokenCount']];

/**
 * The tokens that an answer states to have used, in the field names of any vendor and SDK; undefined where it states none, or cannot be read. A
 * getter of the answer may throw.
 */
export function usageIn(answer: unknown): TokenUsage | undefined {
  // The AI SDK's streams begin to be read when their usage is asked for.
  if (!isObject(answer) || hasProperty(answer, 'textStream')) return undefined;
  const usage = USAGE_PLACES.map((name) => read(answer, name)).find(isObject) ?? ollamaUsage(answer);
  const input = first(usage, INPUT);
  const reads = first(usage, CACHE_READS);
  const cached = reads ?? first(usage, CACHED_WITHIN) ?? 0;
  const plain = first(usage, PLAIN_INPUT);
  const whole =
    input === undefined
      ? plain === undefined
        ? undefined
        : plain + (reads ?? 0) + (first(usage, CACHE_WRITES) ?? 0)
      : input + (first(usage, TOOL_INPUT) ?? 0);
  const output = first(usage, OUTPUT) ?? sum(usage, OUTPUT_PARTS);
  const total = first(usage, TOTAL);
  if (whole === undefined && output === undefined && total === undefined) return undefined;
  const written = output ?? Math.max(0, (total ?? 0) - (whole ?? total ?? 0));
  return { input: whole ?? Math.max(0, (total ?? 0) - written), cachedInput: cached, output: written };
}

/** Of the AI SDK's steps the total counts. */
const USAGE_PLACES = ['totalUsage', 'usage', 'usageMetadata', 'usage_metadata'];

/** Ollama's own answers have no object for it. */
const ollamaUsage = (answer: object): unknown => (typeof read(answer, 'eval_count') === 'number' ? answer : undefined);

function hasProperty(value: object, name: string): boolean {
  try {
    return name in value;
  } catch {
    return false;
  }
}

/** The first of these that is stated as a count. */
function first(usage: unknown, paths: readonly Path[]): number | undefined {
  for (const path of paths) {
    const value = path.reduce(read, usage);
    if (typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER) return value;
  }
  return undefined;
}

function sum(usage: unknown, paths: readonly Path[]): number | undefined {
  const parts = paths.map((path) => first(usage, [path])).filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.reduce((all, part) => all + part, 0);
}

/** Vendors state usage within this much of a stream's beginning (Anthropic's input tokens) and of its end. Characters. */
const KEPT_LENGTH = 8_192;
/** A longer object is no usage. Characters. */
const LONGEST_USAGE = 2_048;
/** A quote inside a text is escaped, so that an answer which writes of usage does not match. */
const USAGE_OBJECT = /"(?:usage|usageMetadata)"\s{0,4}:\s{0,4}(?=\{)/g;
/** Ollama states its counts in the last line, outside of any such object. */
const BARE_COUNTS = /"(prompt_eval_count|eval_count)"\s{0,4}:\s{0,4}(\d{1,12})/g;

/** Finds the usage in a body that passes by, and keeps only the body's beginning and end for it. */
export class PassingUsage {
  readonly #decoder = new TextDecoder();
  #head = '';
  #tail = '';
  #isFirstKnown = false;

  /** @param onFirst Called with what a stream states at its beginning, once. */
  constructor(private readonly onFirst?: (usage: TokenUsage) => void) {}

  push(chunk: Uint8Array): void {
    const text = this.#decoder.decode(chunk, { stream: true });
    if (this.#head.length < KEPT_LENGTH) {
      this.#head += text.slice(0, KEPT_LENGTH - this.#head.length);
      this.#lookForFirst();
    }
    this.#tail = (this.#tail + text).slice(-KEPT_LENGTH);
  }

  /** What was stated so far: the last word counts, and what the beginning alone said. Undefined where nothing was. */
  get usage(): TokenUsage | undefined {
    const last = lastUsage(this.#tail);
    const begun = lastUsage(this.#head);
    return last === undefined && begun === undefined ? undefined : usageIn({ usage: { ...begun, ...last } });
  }

  #lookForFirst(): void {
    if (this.#isFirstKnown || !this.onFirst) return;
    const said = lastUsage(this.#head);
    const usage = said && usageIn({ usage: said });
    if (!usage) return;
    this.#isFirstKnown = true;
    this.onFirst(usage);
  }
}

/** What the usages in the text that are whole say together: a later one says the last word, but not all that an earlier one did. */
function lastUsage(text: string): object | undefined {
  let found: object | undefined;
  if (text.includes('"usage'))
    for (const match of text.matchAll(USAGE_OBJECT)) {
      const usage = objectAt(text, match.index + match[0].length);
      if (usage !== undefined) found = { ...found, ...usage };
    }
  if (found !== undefined || !text.includes('eval_count"')) return found;
  const counts = Array.from(text.matchAll(BARE_COUNTS), ([, name, digits]) => [name!, Number(digits)] as const);
  return counts.length === 0 ? undefined : Object.fromEntries(counts);
}

/** The object that begins here; undefined where its end has not come. */
function objectAt(text: string, from: number): object | undefined {
  const until = Math.min(text.length, from + LONGEST_USAGE);
  for (let at = from, depth = 0; at < until; at += 1) {
    const letter = text[at];
    if (letter === '{') depth += 1;
    else if (letter === '}' && (depth -= 1) === 0) {
      const value: unknown = parseJson(text.slice(from, at + 1));
      return isObject(value) ? value : undefined;
    }
  }
  return undefined;
}
