import { isObject, read } from '../../classification/evidence/safe-read';
import { byteText } from '../../common/json-text';
import { parseJson } from '../../common/text';
import type { PassingBytes } from '../answers/answer-body';
import type { ManagedRequest } from './managed-request';

const CHAT_PATH = /\/chat\/completions$/;
/** A caller who says it is answered as it says. */
const SAYS_ALREADY = /"include_usage"\s{0,64}:/;
const STREAMS = /"stream"\s{0,64}:\s{0,64}true\b/;

/**
 * The request of a chat stream in OpenAI's format that does not say whether the stream is to state its usage, asking for it; undefined for any other.
 * Quotes within texts of a JSON body are escaped.
 */
export function askingForUsage(path: string, request: ManagedRequest): ManagedRequest | undefined {
  const { text } = request;
  if (text === undefined || request.method.toUpperCase() !== 'POST' || !CHAT_PATH.test(path)) return undefined;
  if (SAYS_ALREADY.test(text) || !STREAMS.test(text)) return undefined;
  const { known } = request.body;
  const body = parseJson(typeof known === 'string' ? known : Buffer.from(text, 'latin1').toString('utf8'));
  if (!isObject(body) || read(body, 'stream') !== true) return undefined;
  const options = read(body, 'stream_options');
  const value = JSON.stringify({ ...body, stream_options: { ...(isObject(options) && options), include_usage: true } });
  request.headers.delete('content-length');
  return { ...request, body: { ...request.body, value, known: value, once: false }, text: byteText(value) };
}

/** A line beyond this states no usage. Bytes. */
const LONGEST_LINE = 65_536;
const LINE_FEED = 0x0a;
const NOTHING = new Uint8Array();
/** The last event of a stream that was asked for its usage: OpenAI's clients do not expect it unless they asked. */
const USAGE_EVENT = /^data:(?=[^\n]*"choices"\s{0,4}:\s{0,4}\[\s{0,4}\])[^\n]*"usage"\s{0,4}:\s{0,4}\{/;

/** Takes the event that states the usage out of a stream that passes by, with the blank line behind it. All else passes as it is. */
export class WithoutUsageEvent implements PassingBytes {
  /** The beginning of a line. */
  #kept: Buffer | undefined;
  #skipsBlank = false;

  push(chunk: Uint8Array): Uint8Array {
    const given = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const bytes = this.#kept ? Buffer.concat([this.#kept, given]) : given;
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    const rest = bytes.length - end;
    this.#kept = rest > 0 && rest <= LONGEST_LINE ? Buffer.from(bytes.subarray(end)) : undefined;
    const passing = this.#kept === undefined ? bytes : bytes.subarray(0, end);
    if (passing.length === 0) return NOTHING;
    if (!this.#skipsBlank && !passing.includes('"usage"')) return passing === given ? chunk : passing;
    return this.#without(passing);
  }

  end(): Uint8Array | undefined {
    const kept = this.#kept;
    this.#kept = undefined;
    return kept && this.#without(kept);
  }

  #without(bytes: Buffer): Buffer {
    const parts: Buffer[] = [];
    for (let at = 0; at < bytes.length;) {
      const feed = bytes.indexOf(LINE_FEED, at);
      const next = feed < 0 ? bytes.length : feed + 1;
      const line = bytes.subarray(at, next);
      at = next;
      const isBlank = line.length <= 2 && line.toString('latin1').trim() === '';
      const isSkipped = this.#skipsBlank && isBlank;
      this.#skipsBlank = line.length <= LONGEST_LINE && USAGE_EVENT.test(line.toString('latin1'));
      if (!isSkipped && !this.#skipsBlank) parts.push(line);
    }
    return Buffer.concat(parts);
  }
}

/** One after the other. */
export class PassingThrough implements PassingBytes {
  constructor(
    private readonly first: PassingBytes,
    private readonly second: PassingBytes,
  ) {}

  push(chunk: Uint8Array): Uint8Array {
    const passed = this.first.push(chunk);
    return passed.byteLength === 0 ? passed : this.second.push(passed);
  }

  end(): Uint8Array | undefined {
    const last = this.first.end();
    const parts = [last && this.second.push(last), this.second.end()].filter((part) => part !== undefined);
    return parts.length === 0 ? undefined : Buffer.concat(parts);
  }
}
