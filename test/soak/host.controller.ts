import type { ServerResponse } from 'node:http';
import { Controller, Get, Inject, Query, Res } from '@nestjs/common';
import { HostCalls, type CallQuery } from './host-calls';

export const LEAK = Symbol('soak:leak');

/** The routes of an app that uses the package. */
@Controller('soak')
export class HostController {
  constructor(
    private readonly calls: HostCalls,
    @Inject(LEAK) private readonly leak: () => void,
  ) {}

  @Get()
  async call(@Query() query: CallQuery, @Res() response: ServerResponse): Promise<void> {
    this.leak();
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    try {
      if (query.way === 'stream') await this.calls.streamed(query, gone.signal, response);
      else answer(response, await this.#word(query, gone.signal));
    } catch (error) {
      // As an app would: an answer that broke off breaks the connection of the client.
      if (response.headersSent) response.destroy();
      else answer(response, nameOf(error));
    }
  }

  #word(query: CallQuery, signal: AbortSignal): Promise<string> {
    if (query.way === 'managed') return this.calls.fetched(query, signal);
    return query.way === 'first' ? this.calls.first(query, signal) : this.calls.execute(query, signal);
  }
}

function answer(response: ServerResponse, word: string): void {
  response.writeHead(200, { 'content-type': 'text/plain' }).end(word);
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'no error');
