import type { Server } from 'node:http';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { EventStreamService, RESOLVED_OPTIONS, type ResolvedOptions } from './key-management';

/** On the way down: takes no more connections, and lets the requests in flight end first, within the limit. */
@Injectable()
export class GracefulShutdown implements OnModuleDestroy {
  constructor(
    private readonly adapters: HttpAdapterHost,
    private readonly streams: EventStreamService,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** Nest ends the root module before those it imports, so key management still works for these requests. */
  async onModuleDestroy(): Promise<void> {
    const server = this.adapters.httpAdapter.getHttpServer() as Server;
    if (!server.listening) return;
    const timer = setTimeout(() => {
      server.closeAllConnections();
    }, this.options.drainTimeoutMs);
    // A connection whose request ends from now on waits for no further one.
    server.keepAliveTimeout = 1;
    const closed = new Promise((resolve) => server.close(resolve));
    // After that no reader can come back, and waiting for one would be waiting for the limit.
    this.streams.end();
    await closed;
    clearTimeout(timer);
  }
}
