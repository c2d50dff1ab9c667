import { read } from '../../classification/evidence/safe-read';

/** The tokens that an answer states as its usage, in the field names of any vendor and SDK; 0 where it states none, or cannot be read. */
export function tokensIn(answer: unknown): number {
  const usage = read(answer, 'usage') ?? read(answer, 'usageMetadata');
  const count = (name: string): number => {
    const value = read(usage, name);
    return typeof value === 'number' && value > 0 ? value : 0;
  };
  const total = count('total_tokens') || count('totalTokens') || count('totalTokenCount');
  return total || count('input_tokens') + count('output_tokens');
}

/** Vendors state usage within this much of a stream's beginning (Anthropic's input tokens) and of its end. Characters. */
const KEPT_LENGTH = 8_192;

/** Finds the usage in a body that passes by, and keeps only the body's beginning and end for it. */
export class PassingUsage {
  readonly #decoder = new TextDecoder();
  #head = '';
  #tail = '';

  push(chunk: Uint8Array): void {
    const text = this.#decoder.decode(chunk, { stream: true });
    if (this.#head.length < KEPT_LENGTH) this.#head += text.slice(0, KEPT_LENGTH - this.#head.length);
    this.#tail = (this.#tail + text).slice(-KEPT_LENGTH);
  }

  /** The tokens stated so far. */
  get tokens(): number {
    const total = lastNumber(this.#tail, /"(?:total_tokens|totalTokenCount)":\s{0,4}(\d{1,12})/g);
    if (total > 0) return total;
    const input = lastNumber(this.#head, /"input_tokens":\s{0,4}(\d{1,12})/g);
    return input + lastNumber(this.#tail, /"output_tokens":\s{0,4}(\d{1,12})/g);
  }
}

function lastNumber(text: string, pattern: RegExp): number {
  let found = 0;
  for (const [, digits] of text.matchAll(pattern)) found = Number(digits);
  return found;
}
