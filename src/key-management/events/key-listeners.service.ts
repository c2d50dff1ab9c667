import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { Subscription } from 'rxjs';
import { logLine } from '../common/log-line';
import type { HeardKeyEvent, KeyEvent } from '../pool/key-events';
import { KeyPoolService } from '../pool/key-pool.service';
import { heardBy, hears } from './on-key-event';

interface KeyListener {
  readonly name: string;
  readonly types: readonly HeardKeyEvent[];
  readonly hear: (event: KeyEvent) => unknown;
}

/** Finds the methods marked by `@OnKeyEvent` and calls them, each apart from the others and from the call that caused the event. */
@Injectable()
export class KeyListenersService implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger('KeyManagement');
  readonly #discovery: DiscoveryService;
  readonly #scanner: MetadataScanner;
  #subscription: Subscription | undefined;

  constructor(
    private readonly pools: KeyPoolService,
    discovery: DiscoveryService,
    scanner: MetadataScanner,
  ) {
    this.#discovery = discovery;
    this.#scanner = scanner;
  }

  onApplicationBootstrap(): void {
    const listeners = [...this.#listeners()];
    if (listeners.length === 0) return;
    this.#subscription = this.pools.events$.subscribe((event) => {
      for (const listener of listeners)
        if (hears(listener.types, event)) queueMicrotask(() => void this.#tell(listener, event));
    });
  }

  onModuleDestroy(): void {
    this.#subscription?.unsubscribe();
  }

  /** @throws TypeError where one stands on a provider that is made anew for each request or consumer */
  *#listeners(): Iterable<KeyListener> {
    for (const wrapper of [...this.#discovery.getProviders(), ...this.#discovery.getControllers()]) {
      const { metatype } = wrapper;
      if (typeof metatype !== 'function' || wrapper.isAlias) continue;
      const prototype = metatype.prototype as object | undefined;
      for (const name of prototype ? this.#scanner.getAllMethodNames(prototype) : []) {
        const types = heardBy((prototype as Record<string, object>)[name]!);
        if (types === undefined) continue;
        if (!wrapper.isDependencyTreeStatic() || wrapper.isTransient) {
          throw new TypeError(
            `@OnKeyEvent stands on ${metatype.name}.${name}, and ${metatype.name} is made anew for each request or consumer. Give it and what it injects the default scope.`,
          );
        }
        const instance = wrapper.instance as Record<string, (event: KeyEvent) => unknown>;
        yield { name: `${metatype.name}.${name}`, types, hear: (event) => instance[name]!(event) };
      }
    }
  }

  async #tell({ name, hear }: KeyListener, event: KeyEvent): Promise<void> {
    try {
      await hear(event);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'no error was thrown, but another value';
      this.#logger.error(logLine('key_listener_failed', { listener: name, event: event.type, reason }));
    }
  }
}
