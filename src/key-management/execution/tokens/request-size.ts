import { byteText, stringEnd } from '../../common/json-text';

/** What the JSON body of a request shows of the tokens that it may take. */
export interface RequestSize {
  /** What the vendor reads as text: the body without the files in it. Bytes of UTF-8. */
  readonly textBytes: number;
  /** Pictures, sounds and documents in it, as base64. */
  readonly files: number;
  /** The most tokens that the answer may have; undefined where the request does not say. */
  readonly maxOutput: number | undefined;
}

/** How requests state the most that may be written, in any vendor's words. */
const MOST_OUTPUT: ReadonlySet<string> = new Set([
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'maxOutputTokens',
  'maxTokens',
  'num_predict',
]);
const LONGEST_NAME = 32;
/** Objects at the top of a request that may state it instead: of Google, Bedrock and Ollama. */
const CONFIGURATIONS: ReadonlySet<string> = new Set([
  'generationConfig',
  'generation_config',
  'inferenceConfig',
  'options',
]);
/** A shorter string is counted as text, whatever it is. Characters. */
const SHORTEST_FILE = 256;
/** So much of a string tells whether it is base64: no language writes so long without a blank or a stop. Characters. */
const TELLING = /^[\w+/=-]{256}/;
const DATA_URL = /^data:[^,]{0,128};base64,/;
/** Under these names stands text, also where somebody asks about base64. */
const TEXTS: ReadonlySet<string> = new Set(['text', 'content', 'prompt', 'input', 'system', 'instructions']);
const NUMBER = /\s{0,8}:\s{0,8}(\d{1,9})(?![\d.eE])/y;
const COLON = /\s{0,8}:/y;

const QUOTE = 0x22;

/**
 * Reads the size of a body in one pass, and parses nothing: of a string only its ends are looked at. What is no JSON is all text.
 * @param text Of the body, as `byteText` gives it.
 */
export function requestSize(body: string | Uint8Array, text = byteText(body)!): RequestSize {
  const isText = typeof body === 'string';
  const reader = new SizeReader(text);
  reader.read();
  const bytes = isText ? Buffer.byteLength(body) : body.byteLength;
  return { textBytes: Math.max(0, bytes - reader.fileLength), files: reader.files, maxOutput: reader.maxOutput };
}

class SizeReader {
  files = 0;
  /** Characters of base64, each of which is one byte. */
  fileLength = 0;
  maxOutput: number | undefined;
  #depth = 0;
  /** Within an object that may state the most output. */
  #isConfiguration = false;
  /** Where the latest name stands. */
  #nameFrom = 0;
  #nameTo = 0;

  constructor(private readonly text: string) {}

  read(): void {
    const { text } = this;
    for (let at = 0; at < text.length; at += 1) {
      switch (text.charCodeAt(at)) {
        case QUOTE: {
          const end = stringEnd(text, at);
          this.#string(at + 1, end);
          at = end;
          break;
        }
        case 0x7b: // {
        case 0x5b: // [
          this.#depth += 1;
          if (this.#depth === 2) this.#isConfiguration = CONFIGURATIONS.has(this.#name);
          break;
        case 0x7d: // }
        case 0x5d: // ]
          this.#depth -= 1;
          break;
        default:
      }
    }
  }

  get #name(): string {
    const length = this.#nameTo - this.#nameFrom;
    return length <= LONGEST_NAME ? this.text.slice(this.#nameFrom, this.#nameTo) : '';
  }

  #string(from: number, to: number): void {
    COLON.lastIndex = to + 1;
    if (to - from <= LONGEST_NAME && COLON.test(this.text)) {
      this.#nameFrom = from;
      this.#nameTo = to;
      if (this.#depth === 1 || (this.#depth === 2 && this.#isConfiguration)) this.#mostOutput(to);
    } else if (to - from >= SHORTEST_FILE && this.#isFile(from)) {
      this.files += 1;
      this.fileLength += to - from;
    }
  }

  #mostOutput(nameEnd: number): void {
    if (!MOST_OUTPUT.has(this.#name)) return;
    NUMBER.lastIndex = nameEnd + 1;
    const stated = NUMBER.exec(this.text)?.[1];
    if (stated !== undefined) this.maxOutput = Math.max(this.maxOutput ?? 0, Number(stated));
  }

  #isFile(from: number): boolean {
    const beginning = this.text.slice(from, from + SHORTEST_FILE);
    return DATA_URL.test(beginning) || (TELLING.test(beginning) && !TEXTS.has(this.#name));
  }
}
