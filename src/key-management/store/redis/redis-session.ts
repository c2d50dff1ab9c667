import { randomUUID } from 'node:crypto';
import type { Clock, Random } from '../../common/clock';
import type { StoreWatcher } from '../port/key-store';
import { reconnectPauseMs, SERVED_MS } from '../sync/reconnect-pause';
import { closedError, StoreError } from '../port/store-error';
import { ChangeReader, type Position } from './change-reader';
import { Dialer } from './dialer';
import { within, type Line } from './line';
import { mendFor, messageOf, wantsNewConnection } from './reply-errors';
import { runScript } from './script-runner';
import { HELLO } from './scripts';
import { checkSource, placeOf, secretsOf, type RedisSource } from './source';
import { ToldChanges } from './told-changes';

/** Documents of which each greeting looks whether they are still there. */
const LOOKED_AT = 500;

export interface SessionSettings {
  root: string;
  writer: string;
  timeoutMs: number;
  clock: Clock;
  random: Random;
  /** Told what an operator should mend. */
  report: (message: string) => void;
}

/** The lines of one store, one after the other from `open` to `close`, and what they tell its watcher. */
export class RedisSession {
  readonly told: ToldChanges;
  readonly #dialer: Dialer;
  readonly #reader: ChangeReader;
  /** The newest line, and whether it serves. */
  #line: Line | undefined;
  #isUp = false;
  #state: 'opening' | 'refused' | 'open' | 'closed' = 'opening';
  #lastFailure: unknown;
  /** The server's time, and when by elapsed time it was that. */
  #clock: { readonly server: number; readonly elapsed: number } | undefined;
  #evicting = '';
  #settle: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  #wake: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();
  readonly #ending = new Set<Promise<void>>();

  constructor(
    private readonly source: RedisSource,
    private readonly settings: SessionSettings,
    private readonly watcher: StoreWatcher,
  ) {
    this.told = new ToldChanges((changes) => {
      if (this.#state === 'open') watcher.changed(changes);
    });
    this.#dialer = new Dialer(source, settings.timeoutMs);
    this.#reader = new ChangeReader(
      { stream: `${settings.root}changes`, writer: settings.writer, timeoutMs: settings.timeoutMs },
      { batch: (batch) => this.told.take(batch), missed: () => this.#missed() },
    );
  }

  async open(): Promise<void> {
    checkSource(this.source);
    const first = new Promise<void>((resolve, reject) => (this.#settle = { resolve, reject }));
    this.#running = this.#keepServing();
    await within(first, this.settings.timeoutMs).catch((error: unknown) => {
      if (this.#isClosed()) throw closedError('redis');
      this.#state = 'refused';
      const reason = this.#lastFailure ?? error;
      const mend =
        mendFor(reason) ??
        'Check REDIS_URL, and that the server takes connections from here. It is tried again until it answers.';
      throw this.#explain('cannot be reached', reason, mend);
    });
  }

  /** @throws StoreError `unavailable`, at once when there is no connection, else within the time limit */
  async run(script: string, args: readonly (string | number)[]): Promise<unknown> {
    const line = this.#line;
    if (!line || !this.#isUp) throw this.#explain('is away', this.#lastFailure ?? new Error('no connection'));
    try {
      return await this.#ask(line, script, args);
    } catch (error) {
      if (this.#isClosed()) throw closedError('redis');
      if (wantsNewConnection(error)) line.drop(error);
      throw this.#explain('failed', error);
    }
  }

  /** The server's time, milliseconds since the epoch; undefined before the first answer. */
  now(): number | undefined {
    return this.#clock && this.#clock.server + performance.now() - this.#clock.elapsed;
  }

  /** A write found this data; other data than before means that the former was lost. */
  sawEpoch(epoch: string): void {
    const line = this.#line;
    if (!line || !this.#reader.isOtherData(epoch)) return;
    this.look().catch((error: unknown) => {
      line.drop(error);
    });
  }

  /** Looks now whether data was lost, rather than with the next greeting. */
  async look(): Promise<void> {
    const line = this.#line;
    if (!line || !this.#isUp) return;
    const now = await this.#hello(line);
    if (!line.isOver && this.#reader.arrive(now)) this.#missed();
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.#settle?.reject(closedError('redis'));
    this.#line?.drop(closedError('redis'));
    this.#wake();
    await this.#running;
    await Promise.all(this.#ending);
  }

  async #keepServing(): Promise<void> {
    const { clock, random } = this.settings;
    let failures = 0;
    while (!this.#isClosed()) {
      const served = await this.#serve();
      if (this.#isClosed()) return;
      if (this.#isUp && this.#state === 'open') {
        this.watcher.connection(false, this.#explain('is away', this.#lastFailure).message);
      }
      this.#isUp = false;
      const isGood = served === 'leave at once' || served >= SERVED_MS;
      failures = isGood ? 0 : failures + 1;
      if (served !== 'leave at once') await this.#pause(clock, reconnectPauseMs(failures, random));
    }
  }

  /** One line, from dialling to its end: for how long it served; milliseconds. */
  async #serve(): Promise<number | 'leave at once'> {
    const { clock } = this.settings;
    let line: Line | undefined;
    let since: number | undefined;
    try {
      line = await this.#dialer.newLine();
      if (this.#isClosed()) return 0;
      this.#line = line;
      await line.connect(line.commands);
      const now = await this.#hello(line);
      if (now.isCluster && this.#dialer.sawCluster(line)) return 'leave at once';
      await line.connect(line.reader);
      since = clock.now();
      this.#dialer.served(line);
      this.#up(this.#reader.arrive(now));
      return await this.#reader.follow(line, () => this.#hello(line!));
    } catch (error) {
      this.#lastFailure = error;
      if (line && since === undefined) this.#dialer.failed(line, error);
      return since === undefined ? 0 : clock.now() - since;
    } finally {
      if (line) this.#leave(line);
    }
  }

  #leave(line: Line): void {
    line.drop(new Error('no longer wanted'));
    const ending = line.ended().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  #pause(clock: Clock, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(ms, resolve, false);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  #ask(line: Line, script: string, args: readonly (string | number)[]): Promise<unknown> {
    return line.during(within(runScript(line.commands, script, this.settings.root, args), this.settings.timeoutMs));
  }

  async #hello(line: Line): Promise<Position & { isCluster: boolean }> {
    const askedAt = performance.now();
    const answer = (await this.#ask(line, HELLO, [randomUUID(), LOOKED_AT])) as string[];
    const [epoch = '', seq = '', last = '', run = '', time = '', isCluster = '', policy = ''] = answer;
    // Half of the way there and back lies behind it.
    this.#clock = { server: Number(time), elapsed: (askedAt + performance.now()) / 2 };
    this.#sawPolicy(policy);
    return { epoch, seq: Number(seq), last, run, isCluster: isCluster === '1' };
  }

  /** Warns once of each policy under which the server deletes keys when its memory is full. */
  #sawPolicy(policy: string): void {
    if (policy === this.#evicting) return;
    this.#evicting = policy;
    if (policy === '') return;
    this.settings.report(
      `Redis at ${placeOf(this.source)} evicts keys when its memory is full (maxmemory-policy ${policy}), and with them deleted and ` +
        `disabled keys, run-time keys and counts. Set maxmemory-policy noeviction, or give the store a Redis of its own.`,
    );
  }

  #up(missed: boolean): void {
    const refused = this.#state === 'refused';
    this.#isUp = true;
    if (this.#state === 'opening') {
      this.#state = 'open';
      this.#settle?.resolve();
      return;
    }
    this.#state = 'open';
    this.watcher.connection(true);
    if (missed || refused) this.#missed();
  }

  #missed(): void {
    this.told.forget();
    this.watcher.reset();
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #explain(what: string, error: unknown, mend = mendFor(error)): StoreError {
    if (error instanceof StoreError) return error;
    let message = messageOf(error);
    for (const secret of secretsOf(this.source)) message = message.replaceAll(secret, '***');
    const reason = message.replace(/\.$/, '') || 'no reason given';
    return new StoreError('unavailable', `Redis at ${placeOf(this.source)} ${what}: ${reason}. ${mend ?? ''}`.trim());
  }
}
