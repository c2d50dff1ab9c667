import { read } from '../../classification/evidence/safe-read';

/** The tokens that an answer says it took, in the words of any vendor and SDK; 0 where it says nothing, or cannot be read. */
export function tokensIn(answer: unknown): number {
  const usage = read(answer, 'usage') ?? read(answer, 'usageMetadata');
  const count = (name: string): number => {
    const value = read(usage, name);
    return typeof value === 'number' && value > 0 ? value : 0;
  };
  const total = count('total_tokens') || count('totalTokens') || count('totalTokenCount');
  return total || count('input_tokens') + count('output_tokens');
}

/** Enough for what vendors say of usage at the beginning (Anthropic's input) and at the end of a stream; characters. */
const KEPT = 8_192;

/** Finds the usage in a body that passes by, keeping only its beginning and its end. */
export class PassingUsage {
  readonly #decoder = new TextDecoder();
  #head = '';
  #tail = '';

  push(chunk: Uint8Array): void {
    const text = this.#decoder.decode(chunk, { stream: true });
    if (this.#head.length < KEPT) this.#head += text.slice(0, KEPT - this.#head.length);
    this.#tail = (this.#tail + text).slice(-KEPT);
  }

  get tokens(): number {
    const total = last(this.#tail, /"(?:total_tokens|totalTokenCount)":\s{0,4}(\d{1,12})/g);
    if (total > 0) return total;
    const input = last(this.#head, /"input_tokens":\s{0,4}(\d{1,12})/g);
    return input + last(this.#tail, /"output_tokens":\s{0,4}(\d{1,12})/g);
  }
}

function last(text: string, pattern: RegExp): number {
  let found = 0;
  for (const [, digits] of text.matchAll(pattern)) found = Number(digits);
  return found;
}
