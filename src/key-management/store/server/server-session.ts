import { systemClock, type Clock, type Random } from '../../common/clock';
import { within } from '../../common/settles-within';
import type { StoreChange, StoreWatcher } from '../port/key-store';
import { Reconnect } from '../port/reconnect';
import { closedError, StoreError } from '../port/store-error';
import { NoAnswer, type ServerConnection } from './server-connection';

export interface SessionTerms {
  /** Time limit of each command, and of `open`; milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** What is said of one kind of server, and of its errors. */
export interface ServerWords {
  readonly kind: string;
  /** Its name in sentences. */
  readonly name: string;
  /** Where it is, without its password. */
  place(): string;
  /** What must not be printed. */
  secrets(): readonly string[];
  messageOf(error: unknown): string;
  /** What an operator should do about the error, where that is known. */
  mendFor(error: unknown): string | undefined;
  /** What to do where the first connection does not serve in time. */
  mendAtStart(error: unknown): string;
  /** Whether to leave this connection, and look for the server anew. */
  wantsNewConnection(error: unknown): boolean;
}

/** The connections of one store, one after the other from `open` to `close`, and what its watcher hears of them. */
export abstract class ServerSession<Connection extends ServerConnection, Terms extends SessionTerms, Greeting> {
  readonly #reconnect: Reconnect;
  /** The newest connection, and whether it serves. */
  #connection: Connection | undefined;
  #isUp = false;
  /** `refused`: the first connection did not serve within the time limit, and `open` has rejected. */
  #state: 'opening' | 'refused' | 'open' | 'closed' = 'opening';
  #lastFailure: unknown;
  /** The server's time, and the elapsed time at which it was read. */
  #serverClock: { readonly server: number; readonly elapsed: number } | undefined;
  #opening: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  #serving: Promise<void> = Promise.resolve();
  readonly #ending = new Set<Promise<void>>();

  constructor(
    protected readonly terms: Terms,
    private readonly watcher: StoreWatcher,
    private readonly words: ServerWords,
  ) {
    this.#reconnect = new Reconnect(terms.clock, terms.random, () => this.#serve());
  }

  async open(): Promise<void> {
    const first = new Promise<void>((resolve, reject) => (this.#opening = { resolve, reject }));
    first.catch(() => undefined);
    await this.prepare();
    if (this.#isClosed()) throw closedError(this.words.kind);
    this.#serve();
    const { timeoutMs } = this.terms;
    if (await within(timeoutMs, first, systemClock)) return;
    this.#state = 'refused';
    const reason = this.#lastFailure ?? new NoAnswer(timeoutMs);
    throw this.#explain('cannot be reached', reason, this.words.mendAtStart(reason));
  }

  /** The server's time, milliseconds since the epoch; undefined before the first answer. */
  now(): number | undefined {
    return this.#serverClock && this.#serverClock.server + performance.now() - this.#serverClock.elapsed;
  }

  /** Looks now whether data was lost, rather than with the next greeting. */
  async look(): Promise<void> {
    const connection = this.#connection;
    if (!connection || !this.#isUp) return;
    const now = await this.hello(connection, true);
    if (!connection.isOver) this.arrived(now);
  }

  async close(): Promise<void> {
    const closed = closedError(this.words.kind);
    this.#state = 'closed';
    this.#reconnect.stop();
    this.#opening?.reject(closed);
    this.#connection?.drop(closed);
    await this.#serving;
    await Promise.all(this.#ending);
  }

  /** Before the first connection. @throws StoreError for settings that can never work, and where the driver is missing */
  protected abstract prepare(): Promise<void>;

  /**
   * One connection, from connecting until it rejects with the reason for its end.
   * @param begun Takes the connection as soon as it is made.
   * @param serves It serves from now on; `missed`: changes may have been missed since the one before.
   */
  protected abstract serve(
    begun: (connection: Connection) => void,
    serves: (missed: boolean) => void,
  ): Promise<'leave at once'>;

  /** Asks the server what it has, and its time. @param isLook Whether it lost anything is wanted now. */
  protected abstract hello(connection: Connection, isLook?: boolean): Promise<Greeting>;

  /** The server has this now. */
  protected abstract arrived(now: Greeting): void;

  /** The error of a command whose own data is to blame; undefined for any other. */
  protected refusedData(_error: unknown): StoreError | undefined {
    return undefined;
  }

  /** `open` has not ended yet. */
  protected get isOpening(): boolean {
    return this.#state === 'opening';
  }

  /** What takes long is under way: the reason, should the time limit of `open` pass. */
  protected waitsFor(reason: Error): void {
    this.#lastFailure = reason;
  }

  /** The newest connection, whether or not it serves. */
  protected get newest(): Connection | undefined {
    return this.#connection;
  }

  /** What comes from a connection that was left belongs to a state that is loaded anew. */
  protected isServing(connection: Connection): boolean {
    return this.#connection === connection && !connection.isOver && this.#state === 'open';
  }

  /** @throws StoreError `unavailable`, at once when there is no connection, else within the time limit */
  protected async command<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = this.#connection;
    if (!connection || !this.#isUp) throw this.#explain('is away', this.#lastFailure ?? new Error('no connection'));
    try {
      return await work(connection);
    } catch (error) {
      if (this.#isClosed()) throw closedError(this.words.kind);
      if (this.words.wantsNewConnection(error)) connection.drop(error);
      throw this.refusedData(error) ?? this.#explain('failed', error);
    }
  }

  /** Others changed this. */
  protected deliver(changes: readonly StoreChange[]): void {
    if (this.#state === 'open') this.watcher.changed(changes);
  }

  /** The server answered with its time, which it read about halfway between the question and the answer. @param askedAt Elapsed time. */
  protected sawTime(server: number, askedAt: number): void {
    this.#serverClock = { server, elapsed: (askedAt + performance.now()) / 2 };
  }

  /** Changes may have been missed, or the server has other data. */
  protected missed(): void {
    this.watcher.reset();
  }

  protected explained(what: string, error: unknown): string {
    return this.#explain(what, error).message;
  }

  /** Connects and serves until the connection ends, and again after a pause. */
  #serve(): void {
    this.#serving = this.#serveOnce().then((served) => {
      if (this.#isClosed()) return;
      if (this.#isUp && this.#state === 'open')
        this.watcher.connection(false, this.explained('is away', this.#lastFailure));
      this.#isUp = false;
      if (served === 'leave at once') this.#serve();
      else this.#reconnect.schedule(served);
    });
  }

  /** Returns for how long the connection served; milliseconds. */
  async #serveOnce(): Promise<number | 'leave at once'> {
    const { clock } = this.terms;
    let since: number | undefined;
    const made: Connection[] = [];
    const begun = (connection: Connection): void => {
      made.push(connection);
      if (this.#isClosed()) throw closedError(this.words.kind);
      this.#connection = connection;
    };
    const serves = (missed: boolean): void => {
      since = clock.now();
      this.#up(missed);
    };
    try {
      return await this.serve(begun, serves);
    } catch (error) {
      this.#lastFailure = error;
      // That will not change.
      if (this.isOpening && error instanceof StoreError && error.code === 'not_usable') this.#refuse(error);
      return since === undefined ? 0 : clock.now() - since;
    } finally {
      for (const connection of made) this.#leave(connection);
    }
  }

  #refuse(error: StoreError): void {
    this.#state = 'closed';
    this.#opening?.reject(error);
  }

  #leave(connection: Connection): void {
    connection.drop(new Error('no longer wanted'));
    const ending = connection.ended().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  #up(missed: boolean): void {
    const state = this.#state;
    this.#isUp = true;
    this.#state = 'open';
    if (state === 'opening') {
      this.#opening?.resolve();
      return;
    }
    this.watcher.connection(true);
    if (missed || state === 'refused') this.missed();
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #explain(what: string, error: unknown, mend = this.words.mendFor(error)): StoreError {
    if (error instanceof StoreError) return error;
    let message = this.words.messageOf(error);
    for (const secret of this.words.secrets()) message = message.replaceAll(secret, '***');
    const reason = message.replace(/\.$/, '') || 'no reason given';
    return new StoreError(
      'unavailable',
      `${this.words.name} at ${this.words.place()} ${what}: ${reason}. ${mend ?? ''}`.trim(),
    );
  }
}
