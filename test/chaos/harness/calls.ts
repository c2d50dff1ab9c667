import type { INestApplicationContext } from '@nestjs/common';
import {
  KeyManagementError,
  ManagedFetchService,
  RetryExecutorService,
  type CallContext,
  type ManagedFetchOptions,
} from '../../../src/key-management';

/** `execute`: the caller's own function on the executor; `fetch`, `stream`: the managed fetch, the answer read to its end. */
export type Way = 'execute' | 'fetch' | 'stream';

export interface CallTerms extends ManagedFetchOptions {
  readonly ways?: readonly Way[];
  /** Milliseconds after which the caller aborts the call, as a server with a limit of its own does. */
  readonly callerLimitMs?: number;
}

export interface EndedCall {
  readonly way: Way;
  readonly ms: number;
  /** The text of the answer; undefined for a failed call. */
  readonly text: string | undefined;
  /** The part of a stream that arrived before it failed. */
  readonly partial: string;
  /** The error's code, `body` for an answer that broke after it was handed on, or `status 503`. */
  readonly failure: string | undefined;
  readonly error?: unknown;
}

/** Makes calls as users do, and records how each ended. */
export class Calls {
  readonly ended: EndedCall[] = [];
  #begun = 0;

  constructor(
    private readonly app: INestApplicationContext,
    private readonly baseUrl: string,
    private readonly terms: CallTerms,
  ) {}

  get good(): number {
    return this.ended.filter(({ failure }) => failure === undefined).length;
  }

  get failures(): EndedCall[] {
    return this.ended.filter(({ failure }) => failure !== undefined);
  }

  get slowestMs(): number {
    return this.ended.reduce((most, { ms }) => Math.max(most, ms), 0);
  }

  /** The number of calls by failure. */
  get failureCounts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { failure } of this.failures) counts[failure!] = (counts[failure!] ?? 0) + 1;
    return counts;
  }

  /** Makes a number of calls, some of them at the same time. */
  async make(count: number, width: number): Promise<void> {
    let left = count;
    const worker = async (): Promise<void> => {
      while (left-- > 0) await this.one();
    };
    await Promise.all(Array.from({ length: width }, worker));
  }

  /** Makes calls at a steady rate for a time, as users arrive, whether earlier calls have ended or not. */
  async flow(ms: number, perSecond: number): Promise<void> {
    const calls: Promise<void>[] = [];
    const endsAt = performance.now() + ms;
    const startedAt = performance.now();
    while (performance.now() < endsAt) {
      const due = ((performance.now() - startedAt) / 1_000) * perSecond;
      while (calls.length < due) calls.push(this.one());
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await Promise.all(calls);
  }

  async one(way?: Way): Promise<void> {
    const { ways = ['execute', 'fetch', 'stream'], callerLimitMs, ...options } = this.terms;
    const chosen = way ?? ways[this.#begun++ % ways.length]!;
    const startedAt = performance.now();
    const seen = { partial: '' };
    const limit = callerLimitMs === undefined ? undefined : AbortSignal.timeout(callerLimitMs);
    const given = { ...options, signal: limit ?? options.signal };
    const end = (text: string | undefined, failure?: string, error?: unknown): void =>
      void this.ended.push({
        way: chosen,
        ms: performance.now() - startedAt,
        text,
        partial: seen.partial,
        failure,
        error,
      });
    try {
      if (chosen === 'execute') end(await this.#execute(given));
      else end(await this.#managed(chosen === 'stream', given, seen));
    } catch (error) {
      end(undefined, failureOf(error), error);
    }
  }

  #execute(options: ManagedFetchOptions): Promise<string> {
    const call = async ({ apiKey, fetch, signal }: CallContext): Promise<string | Response> => {
      const response = await fetch(this.#url, { ...request(false), headers: headersWith(apiKey), signal });
      return response.ok ? textOf((await response.json()) as ChatAnswer) : response;
    };
    return this.app.get(RetryExecutorService).executeOrThrow('openai', call, options) as Promise<string>;
  }

  async #managed(stream: boolean, options: ManagedFetchOptions, seen: { partial: string }): Promise<string> {
    const fetch = this.app.get(ManagedFetchService).for('openai', options);
    const response = await fetch(this.#url, { ...request(stream), headers: headersWith('managed') });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Failure(`status ${response.status}`);
    }
    try {
      if (!stream) return textOf((await response.json()) as ChatAnswer);
      for await (const text of deltasOf(response)) seen.partial += text;
      return seen.partial;
    } catch (error) {
      throw new Failure('body', error);
    }
  }

  get #url(): string {
    return `${this.baseUrl}/v1/chat/completions`;
  }
}

class Failure extends Error {
  constructor(
    readonly what: string,
    cause?: unknown,
  ) {
    super(what, { cause });
  }
}

function failureOf(error: unknown): string {
  if (error instanceof Failure) return error.what;
  if (error instanceof KeyManagementError) return error.code;
  return error instanceof Error ? error.name : String(error);
}

interface ChatAnswer {
  choices: { message?: { content: string }; delta?: { content?: string } }[];
}

const headersWith = (key: string) => ({ authorization: `Bearer ${key}`, 'content-type': 'application/json' });
const request = (stream: boolean): RequestInit => ({
  method: 'POST',
  body: JSON.stringify({ model: 'gpt-5-nano', stream, messages: [{ role: 'user', content: 'Hello' }] }),
});

function textOf(answer: ChatAnswer): string {
  const text = answer.choices[0]?.message?.content;
  if (typeof text !== 'string') throw new TypeError('the answer has no text');
  return text;
}

/** The words of a stream. @throws when it ends without the vendor's closing event */
async function* deltasOf(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  let isWhole = false;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      if (line === 'data: [DONE]') isWhole = true;
      else if (line.startsWith('data:'))
        yield (JSON.parse(line.slice(5)) as ChatAnswer).choices[0]?.delta?.content ?? '';
    }
  }
  if (!isWhole) throw new TypeError('the stream ended without its closing event');
}
