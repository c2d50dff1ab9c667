import { getOrCreate } from '../../common/get-or-create';
import { modelName } from '../../pool/key/key-input';
import type { ExpectedTokens } from '../../pool/limits/expected-tokens';
import type { RateLimitProfile } from '../../pool/limits/rate-limiter';
import type { Usage } from '../../usage/usage';
import type { RequestSize } from './request-size';

/** Callers may make up names of models. The oldest makes room for a new one. */
const MAX_MODELS = 256;
/** English in JSON, until answers have told better. Bytes a token. */
const PRIOR_BYTES_PER_TOKEN = 4;
/** So many tokens of requests must have been seen for what they say to weigh as much as the prior. */
const PRIOR_WEIGHT = 500;
/** What is learned forgets with each answer by this part: the latest twenty or so count. */
const FORGETTING = 0.05;
/** The weight of the latest answer in the exponentially weighted mean of the lengths of answers. */
const LEARNING = 0.2;
/** A picture: between OpenAI's 765 and Anthropic's 1,600 for one of a million pixels. `usage` corrects it. Tokens. */
const TOKENS_PER_FILE = 1_000;
/** An estimate of the text may be twice too high; what is less than half of it is certain. */
const CERTAIN_PART = 0.5;

/** What a vendor books against its limits of tokens. */
export interface TokenBooks {
  /** The most that the answer may have, as soon as the call begins; otherwise what is written. */
  readonly mostOutput: boolean;
  /** Also the input that is read from a cache. */
  readonly cachedInput: boolean;
  /** Whether output counts at all. */
  readonly output: boolean;
}

/** What the vendor books, as its profile says; of a vendor without one as OpenAI does, which never books too little. */
export const booksOf = (profile: RateLimitProfile | undefined): TokenBooks => ({
  mostOutput: (profile?.tokenBooking ?? 'input_and_max_output') === 'input_and_max_output',
  cachedInput: profile?.booksCachedInput ?? true,
  output: profile?.tokenBooking !== 'input',
});

/** What is known of the calls of one model. */
interface Learned {
  bytes: number;
  tokens: number;
  /** The mean of what answers had lately; undefined before the first. Tokens. */
  output: number | undefined;
}

/** Estimates what the calls of one provider take of its limits of tokens, and learns from what their answers state. */
export class TokenEstimates {
  readonly #learned = new Map<string, Learned>();

  constructor(private readonly books: () => TokenBooks) {}

  /** What a call with a request of this size is expected to take. */
  expected(model: string | undefined, { textBytes, files, maxOutput }: RequestSize): ExpectedTokens {
    const { bytes, tokens } = this.#of(model);
    const input = Math.ceil((textBytes * tokens) / bytes) + files * TOKENS_PER_FILE;
    return { input, output: this.#output(model, maxOutput) };
  }

  /** The same, with the part of it that is certain: a call is refused for its size only where already that is too much. */
  measured(model: string | undefined, size: RequestSize): { tokens: ExpectedTokens; certainTokens: ExpectedTokens } {
    const tokens = this.expected(model, size);
    const isOutputStated = size.maxOutput !== undefined && this.books().mostOutput;
    const output = isOutputStated ? tokens.output : 0;
    return { tokens, certainTokens: { input: Math.floor(tokens.input * CERTAIN_PART), output } };
  }

  /** What a call takes of which its caller states the tokens: all, or input and output apart. */
  stated(model: string | undefined, tokens: number | { input: number; output?: number }): ExpectedTokens {
    if (typeof tokens === 'number') return { input: tokens, output: 0 };
    const { input, output = this.#output(model, undefined) } = tokens;
    return { input, output };
  }

  /** What of the usage counts against the vendor's limits. @param most The most that the answer could have, where the request says so. */
  booked(usage: Usage, most = 0): ExpectedTokens {
    const { inputTokens: input, cachedInputTokens: cachedInput, outputTokens: output } = usage;
    const books = this.books();
    const written = books.mostOutput ? Math.max(output, most) : output;
    return { input: books.cachedInput ? input : Math.max(0, input - cachedInput), output: books.output ? written : 0 };
  }

  /** Learns from the usage that an answer states. @param size Of its request, where that was read. */
  learn(model: string | undefined, usage: Usage, size?: RequestSize): void {
    const learned = this.#of(model);
    if (usage.outputTokens > 0 || learned.output !== undefined)
      learned.output =
        learned.output === undefined
          ? usage.outputTokens
          : learned.output + (usage.outputTokens - learned.output) * LEARNING;
    const { input } = this.booked(usage);
    // How many tokens a file has depends on what it shows.
    if (!size || size.files > 0 || size.textBytes === 0 || usage.inputTokens === 0) return;
    learned.bytes += size.textBytes - learned.bytes * FORGETTING;
    learned.tokens += input - learned.tokens * FORGETTING;
  }

  #output(model: string | undefined, maxOutput: number | undefined): number {
    const { output, mostOutput } = this.books();
    if (!output) return 0;
    if (mostOutput && maxOutput !== undefined) return maxOutput;
    return Math.min(Math.ceil(this.#of(model).output ?? 0), maxOutput ?? Infinity);
  }

  #of(model = ''): Learned {
    const learned = getOrCreate(this.#learned, modelName(model), () => ({
      bytes: PRIOR_WEIGHT * PRIOR_BYTES_PER_TOKEN,
      tokens: PRIOR_WEIGHT,
      output: undefined,
    }));
    if (this.#learned.size > MAX_MODELS) this.#learned.delete(this.#learned.keys().next().value!);
    return learned;
  }
}
