import { systemClock, type Clock, type Random } from '../../common/clock';
import type { StoreChange } from '../port/key-store';
import { reconnectPauseMs, SERVED_MS } from '../sync/reconnect-pause';
import { type StoreError, closedError } from '../port/store-error';
import { awayError, deniedError, failureOf, isDenied, openError, refusedError, slowError } from './firebase-errors';
import type { FirebaseKeyStoreOptions } from './firebase-options';
import { type FirebaseSettings, readSettings } from './firebase-settings';
import { PendingOperations } from './pending-operations';
import { type FirebaseSdk, loadSdk } from './sdk';
import { Session } from './session';

export interface ConnectionListener {
  batch(changes: readonly StoreChange[]): void;
  unreadable(): void;
  connection(up: boolean, reason?: string): void;
  reset(): void;
}

interface Opened {
  settings: FirebaseSettings;
  sdk: FirebaseSdk;
  credential: ReturnType<FirebaseSdk['credentialOf']>;
}

/** Keeps one session after another, and gives every operation a time limit, which the SDK lacks. */
export class FirebaseConnection {
  readonly #pending = new PendingOperations();
  #opened: Opened | undefined;
  #current: Session | undefined;
  #opening: { resolve(): void; reject(error: Error): void } | undefined;
  #isClosed = false;
  #startedAt = 0;
  /** The server's clock against this one's, as the last session that served knew it; milliseconds. */
  #offsetMs: number | undefined;
  /** Sessions in turn that did not serve. */
  #failures = 0;
  #endPause: () => void = () => undefined;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #ending = new Set<Promise<void>>();

  constructor(
    private readonly options: FirebaseKeyStoreOptions,
    private readonly writer: string,
    private readonly listener: ConnectionListener,
  ) {
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
  }

  /** The present session, if it is up. */
  get session(): Session | undefined {
    return this.#current?.isUp ? this.#current : undefined;
  }

  /** The server's time, also while it is away; undefined before the first answer. Milliseconds since the epoch. */
  serverNow(): number | undefined {
    this.#offsetMs = this.session?.offsetMs ?? this.#offsetMs;
    return this.#offsetMs === undefined ? undefined : systemClock.now() + this.#offsetMs;
  }

  async open(): Promise<void> {
    const settings = await readSettings(this.options);
    const sdk = await loadSdk();
    this.#assertNotClosed();
    this.#opened = { settings, sdk, credential: sdk.credentialOf(settings) };
    const up = new Promise<void>((resolve, reject) => (this.#opening = { resolve, reject }));
    const timer = setTimeout(() => {
      this.#opening?.reject(openError(settings.host, settings.timeoutMs, this.#current?.vainConnections ?? 0));
    }, settings.timeoutMs);
    this.#checkCredential(this.#opened);
    this.#start(this.#opened);
    try {
      await up;
    } finally {
      clearTimeout(timer);
      this.#opening = undefined;
    }
  }

  /**
   * Runs one operation on the present session. One that does not answer in time ends the session: the SDK would otherwise go on
   * trying what its caller was told has failed.
   * @throws StoreError
   */
  async run<T>(work: (session: Session, sdk: FirebaseSdk) => Promise<T>, kind: 'load' | 'other' = 'other'): Promise<T> {
    this.#assertNotClosed();
    if (this.#opened === undefined) throw closedError('firebase');
    const { settings, sdk } = this.#opened;
    const session = this.session;
    if (session === undefined) throw awayError(settings.host);
    const limit = kind === 'load' ? settings.loadTimeoutMs : settings.timeoutMs;
    try {
      return await this.#pending.run(
        async () => work(session, sdk),
        limit,
        () => {
          queueMicrotask(() => this.#lost(session));
          return slowError(settings.host, limit);
        },
      );
    } catch (error) {
      if (isDenied(error)) this.#lost(session, deniedError(settings.host));
      throw failureOf(error, settings.host);
    }
  }

  async close(): Promise<void> {
    await this.#pending.idle();
    this.#isClosed = true;
    this.#opening?.reject(closedError('firebase'));
    this.#endPause();
    this.#end(this.#current);
    this.#current = undefined;
    await Promise.all(this.#ending);
  }

  #start({ settings, sdk, credential }: Opened): void {
    this.#startedAt = this.#clock.now();
    const session: Session = new Session(sdk, settings, credential, this.writer, {
      batch: (changes) => this.listener.batch(changes),
      unreadable: () => this.listener.unreadable(),
      up: () => this.#up(),
      lost: () => this.#lost(session),
      refused: (error) => {
        if (this.#opening && this.#current === session) this.#giveUp(refusedError(settings.host));
        else this.#lost(session, isDenied(error) ? deniedError(settings.host) : failureOf(error, settings.host));
      },
    });
    this.#current = session;
  }

  #up(): void {
    if (this.#opening !== undefined) return this.#opening.resolve();
    this.listener.connection(true);
    this.listener.reset();
  }

  /** Ends a session that is of no more use, and begins the next after a pause. */
  #lost(session: Session, reason?: StoreError): void {
    if (this.#current !== session || this.#opened === undefined) return;
    const wasUp = session.isUp;
    const opened = this.#opened;
    if (wasUp) this.#offsetMs = session.offsetMs;
    this.#end(session);
    this.#current = undefined;
    const hasServed = wasUp && this.#clock.now() - this.#startedAt >= SERVED_MS;
    this.#failures = hasServed ? 0 : this.#failures + 1;
    this.#endPause = this.#clock.after(
      reconnectPauseMs(this.#failures, this.#random),
      () => this.#start(opened),
      false,
    );
    this.#pending.failAll(reason ?? awayError(opened.settings.host));
    if (wasUp) this.listener.connection(false, reason?.message);
  }

  /** What no trying again will mend. */
  #giveUp(error: StoreError): void {
    this.#end(this.#current);
    this.#current = undefined;
    this.#opening?.reject(error);
  }

  #end(session: Session | undefined): void {
    if (session === undefined) return;
    const ending = session.end().catch(() => undefined);
    this.#ending.add(ending);
    void ending.then(() => this.#ending.delete(ending));
  }

  /** The SDK only prints that Google refuses the credentials, and goes on trying. */
  #checkCredential({ settings, credential }: Opened): void {
    if (settings.serviceAccount === undefined) return;
    credential?.getAccessToken().catch((error: unknown) => {
      if (/invalid_grant|invalid_client|unauthorized_client/.test(String(error)))
        this.#giveUp(refusedError(settings.host));
    });
  }

  #assertNotClosed(): void {
    if (this.#isClosed) throw closedError('firebase');
  }
}
