import type { StoreWatcher } from '../port/key-store';
import { closedError } from '../port/store-error';

/** What a store does with its session. */
interface Session {
  open(): Promise<void>;
  look(): Promise<void>;
  now(): number | undefined;
  close(): Promise<void>;
}

/** A store on a server that all instances share: it has one session, from `open` to `close`. */
export abstract class ServerKeyStore<S extends Session> {
  abstract readonly kind: string;
  readonly shared = true;
  #session: S | undefined;
  #closing: Promise<void> | undefined;

  async open(watcher: StoreWatcher): Promise<void> {
    if (this.#closing) throw closedError(this.kind);
    this.#session = this.newSession(watcher);
    await this.#session.open();
  }

  async look(): Promise<void> {
    await this.#session?.look();
  }

  now(): number | undefined {
    return this.#session?.now();
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#session?.close() ?? Promise.resolve());
  }

  /** @throws StoreError for settings that can never work */
  protected abstract newSession(watcher: StoreWatcher): S;

  /** @throws StoreError `closed` before `open` and after `close` */
  protected get session(): S {
    if (this.#closing || !this.#session) throw closedError(this.kind);
    return this.#session;
  }
}
