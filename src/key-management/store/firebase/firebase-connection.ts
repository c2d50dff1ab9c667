import { systemClock, type Clock } from '../../common/clock';
import { within } from '../../common/settles-within';
import { PendingOperations } from '../port/pending-operations';
import { Reconnect } from '../port/reconnect';
import { type StoreError, closedError } from '../port/store-error';
import { awayError, deniedError, failureOf, isDenied, openError, refusedError, slowError } from './firebase-errors';
import { type FirebaseKeyStoreOptions, readSettings } from './firebase-settings';
import { type FirebaseSdk, loadSdk } from './sdk';
import { Session, type FeedListener, type SessionSource } from './session';

export interface ConnectionListener extends FeedListener {
  connection(up: boolean, reason?: string): void;
  reset(): void;
}

/** Keeps one session after another, and gives every operation a time limit, which the SDK lacks. */
export class FirebaseConnection {
  readonly #pending = new PendingOperations();
  #opened: SessionSource | undefined;
  #current: Session | undefined;
  #opening: { resolve(): void; reject(error: Error): void } | undefined;
  #isClosed = false;
  #startedAt = 0;
  /** What to add to this machine's time to have the server's, as the last session that served knew it; milliseconds. */
  #offsetMs: number | undefined;
  readonly #clock: Clock;
  readonly #reconnect: Reconnect;
  readonly #ending = new Set<Promise<void>>();

  constructor(
    private readonly options: FirebaseKeyStoreOptions,
    private readonly writer: string,
    private readonly listener: ConnectionListener,
  ) {
    this.#clock = options.clock ?? systemClock;
    this.#reconnect = new Reconnect(this.#clock, options.random ?? Math.random, () => this.#start(this.#opened!));
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
    this.#checkCredential(this.#opened);
    this.#start(this.#opened);
    try {
      if (await within(settings.timeoutMs, up, systemClock)) return;
      throw openError(settings.host, settings.timeoutMs, this.#current?.failedConnections ?? 0);
    } finally {
      this.#opening = undefined;
    }
  }

  /**
   * Runs one operation on the present session. An operation that is not answered in time ends the session: the SDK would otherwise go on
   * trying what has failed for its caller.
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
    this.#reconnect.stop();
    this.#end(this.#current);
    this.#current = undefined;
    await Promise.all(this.#ending);
  }

  #start(source: SessionSource): void {
    const { host } = source.settings;
    this.#startedAt = this.#clock.now();
    const session: Session = new Session(source, this.writer, this.listener, {
      up: () => this.#up(),
      lost: () => this.#lost(session),
      refused: (error) => {
        if (this.#opening && this.#current === session) this.#giveUp(refusedError(host));
        else this.#lost(session, failureOf(error, host));
      },
    });
    this.#current = session;
  }

  #up(): void {
    if (this.#opening !== undefined) return this.#opening.resolve();
    this.listener.connection(true);
    this.listener.reset();
  }

  /** Ends a session that is no longer useful, and begins the next after a pause. */
  #lost(session: Session, reason?: StoreError): void {
    if (this.#current !== session || this.#opened === undefined) return;
    const wasUp = session.isUp;
    if (wasUp) this.#offsetMs = session.offsetMs;
    this.#end(session);
    this.#current = undefined;
    this.#reconnect.schedule(wasUp ? this.#clock.now() - this.#startedAt : 0);
    this.#pending.failAll(reason ?? awayError(this.#opened.settings.host));
    if (wasUp) this.listener.connection(false, reason?.message);
  }

  /** Fails `open` with an error that no further attempt can mend. */
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
  #checkCredential({ settings, credential }: SessionSource): void {
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
