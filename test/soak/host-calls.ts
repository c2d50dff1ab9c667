import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import {
  ManagedFetchService,
  RetryExecutorService,
  type ExecuteOptions,
  type ExecutionResult,
  type ManagedCall,
} from '../../src/key-management';
import type { SoakAppSettings } from './messages';
import { PROVIDERS, type Model, type Provider } from './faults';
import { vendorRequest } from './vendor-request';

export const SETTINGS = Symbol('soak:settings');

/** How a call is made: with the executor, over all providers in order, with the managed fetch, or streamed through. */
export type Way = 'execute' | 'first' | 'managed' | 'stream';

export interface CallQuery {
  readonly way: Way;
  readonly provider: Provider;
  readonly model: Model;
  /** Milliseconds of the whole call. */
  readonly timeout?: string;
}

/** The ways in which an app uses the package. Each returns the result of the call as one word. */
@Injectable()
export class HostCalls {
  constructor(
    private readonly executor: RetryExecutorService,
    private readonly managed: ManagedFetchService,
    @Inject(SETTINGS) private readonly settings: SoakAppSettings,
  ) {}

  async execute(query: CallQuery, signal: AbortSignal): Promise<string> {
    return wordOf(await this.executor.execute(query.provider, this.#call(query), optionsOf(query, signal)));
  }

  async first(query: CallQuery, signal: AbortSignal): Promise<string> {
    const start = PROVIDERS.indexOf(query.provider);
    const order = [...PROVIDERS.slice(start), ...PROVIDERS.slice(0, start)];
    const choices = order.map((provider) => ({
      provider,
      call: this.#call({ ...query, provider }),
      options: optionsOf(query, signal),
    }));
    return wordOf(await this.executor.executeFirst(choices));
  }

  async fetched(query: CallQuery, signal: AbortSignal): Promise<string> {
    const response = await this.#fetch(query, signal, false);
    // As SDKs do, the answer is read as JSON whatever its type is.
    const text = await response.text();
    return response.ok ? (isJson(text) ? 'ok' : 'malformed') : `status_${response.status}`;
  }

  /** Pipes the vendor's stream to the client, who may leave at any time. */
  async streamed(query: CallQuery, signal: AbortSignal, client: ServerResponse): Promise<void> {
    const response = await this.#fetch(query, signal, true);
    client.writeHead(response.status, { 'content-type': 'text/event-stream' });
    if (response.body) await pipeline(Readable.fromWeb(response.body as never), client);
    else client.end();
  }

  #call(query: CallQuery): ManagedCall<unknown> {
    return async ({ apiKey, fetch }) => {
      const { url, init } = vendorRequest({ ...query, baseUrl: this.#baseUrl(query.provider), apiKey });
      const response = await fetch(url, init);
      return response.ok ? response.json() : response;
    };
  }

  #fetch(query: CallQuery, signal: AbortSignal, stream: boolean): Promise<Response> {
    const { url, init } = vendorRequest({ ...query, baseUrl: this.#baseUrl(query.provider), stream });
    return this.managed.for(query.provider, optionsOf(query, signal))(url, init);
  }

  #baseUrl(provider: Provider): string {
    return this.settings.baseUrls[provider]!;
  }
}

function optionsOf({ model, timeout }: CallQuery, signal: AbortSignal): ExecuteOptions {
  return { model, signal, maxWaitMs: 500, ...(timeout !== undefined && { timeoutMs: Number(timeout) }) };
}

const wordOf = (result: ExecutionResult<unknown>): string => (result.success ? 'ok' : result.error.code);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
