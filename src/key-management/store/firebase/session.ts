import { randomUUID } from 'node:crypto';
import type { App } from 'firebase-admin/app';
import type { Database, DataSnapshot, Reference } from 'firebase-admin/database';
import { systemClock } from '../../common/clock';
import { parseJson } from '../../common/text';
import type { StoreChange } from '../port/key-store';
import { paths } from './layout';
import type { FirebaseSettings } from './firebase-settings';
import type { FirebaseSdk } from './sdk';

export interface FeedListener {
  /** Another writer's batch. */
  batch(changes: readonly StoreChange[]): void;
  /** An entry that cannot be read: something was missed. */
  unreadable(): void;
}

/** The change feed: follows the log, to which every batch is appended in the same update that writes it. */
export class ChangeFeed {
  #isLive = false;
  readonly #entries = new Map<string, { writer: string; at: number }>();

  constructor(
    private readonly log: Reference,
    private readonly writer: string,
    private readonly listener: FeedListener,
  ) {}

  /** Resolves when from now on every batch is passed on. */
  async start(refused: (error: unknown) => void): Promise<void> {
    this.log.on('child_added', (entry) => this.#added(entry), refused);
    this.log.on('child_removed', (entry) => void this.#entries.delete(entry.key ?? ''), refused);
    // The first value follows the entries that stood there before: a load answers for those.
    await this.log.once('value', () => {
      this.#isLive = true;
    });
  }

  stop(): void {
    this.log.off();
  }

  /** Keys of others' entries that were written before `time`, by the server's clock. */
  strayBefore(time: number): string[] {
    return [...this.#entries].filter(([, { writer, at }]) => writer !== this.writer && at < time).map(([key]) => key);
  }

  #added(entry: DataSnapshot): void {
    const { w: writer, t: at, c: text } = (entry.val() ?? {}) as { w?: unknown; t?: unknown; c?: unknown };
    this.#entries.set(entry.key ?? '', { writer: String(writer), at: typeof at === 'number' ? at : 0 });
    if (!this.#isLive || writer === this.writer) return;
    const changes = parseJson(String(text)) as StoreChange[] | undefined;
    if (changes) this.listener.batch(changes);
    else this.listener.unreadable();
  }
}

/** What sessions are made of, one after the other. */
export interface SessionSource {
  readonly settings: FirebaseSettings;
  readonly sdk: FirebaseSdk;
  readonly credential: ReturnType<FirebaseSdk['credentialOf']>;
}

export interface SessionListener {
  up(): void;
  lost(): void;
  /** The database does not let the store read or write any more, or not yet. */
  refused(error: unknown): void;
}

/** Removes what never exists, in each place the store writes to: this is allowed exactly where writing is. */
const NOTHING = Object.fromEntries(
  [paths.documents, paths.log, paths.batches, paths.locks].map((place) => [`${place}/none`, null]),
);

/**
 * One app of the SDK and the life of one connection. It ends with the connection, because the SDK would send what is under way
 * once more on the next one, and an addition that was applied already would count twice.
 */
export class Session {
  readonly root: Reference;
  readonly feed: ChangeFeed;
  readonly #app: App;
  readonly #database: Database;
  readonly #infos: Reference[];
  readonly #nudges: NodeJS.Timeout;
  #state: 'connecting' | 'up' | 'ended' = 'connecting';
  #connectedTicks = -1;
  /** What to add to this machine's time to have the server's; milliseconds. */
  offsetMs = 0;
  /** How often the server took the connection and closed it before it served: mostly because it refused the credentials. */
  failedConnections = 0;

  constructor(
    private readonly source: SessionSource,
    writer: string,
    changes: FeedListener,
    private readonly listener: SessionListener,
  ) {
    const { sdk, settings, credential } = source;
    this.#app = sdk.initializeApp({ databaseURL: settings.url, credential }, `ai-key-management-${randomUUID()}`);
    this.#database = sdk.getDatabase(this.#app);
    this.root = this.#database.ref(settings.root);
    const [connected, offset] = [this.#database.ref('.info/connected'), this.#database.ref('.info/serverTimeOffset')];
    this.#infos = [connected, offset];
    offset.on('value', (value) => {
      // The SDK states it for the machine's clock, which may be set at any time.
      this.offsetMs = (Number(value.val()) || 0) + Date.now() - systemClock.now();
    });
    connected.on('value', (value) => this.#connection(value.val() === true));
    // Answered before the feed is live, since the server answers in order: a session that may read but not write does not count as up.
    const mayWrite: Promise<void> = this.root.update(NOTHING);
    mayWrite.catch(() => undefined);
    const refused = (error: unknown): void => this.#refused(error);
    this.feed = new ChangeFeed(this.root.child('log'), writer, changes);
    this.feed
      .start(refused)
      .then(() => mayWrite)
      .then(() => this.#live(), refused);
    this.#nudges = setInterval(() => this.#nudge(), settings.timeoutMs).unref();
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  /** The server's time, as far as this side knows it. */
  serverNow(): number {
    return systemClock.now() + this.offsetMs;
  }

  /** Ends it for good; what is under way is forgotten, not sent again. */
  async end(): Promise<void> {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    clearInterval(this.#nudges);
    this.feed.stop();
    for (const info of this.#infos) info.off();
    this.#database.goOffline();
    await this.source.sdk.deleteApp(this.#app);
  }

  #connection(up: boolean): void {
    if (this.#state === 'up' && !up) return this.listener.lost();
    if (!up && this.#connectedTicks >= 0) this.failedConnections += 1;
    this.#connectedTicks = up ? 0 : -1;
  }

  #refused(error: unknown): void {
    if (this.#state !== 'ended') this.listener.refused(error);
  }

  #live(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'up';
    clearInterval(this.#nudges);
    this.listener.up();
  }

  /** The SDK's pauses between attempts grow to minutes; going off and on again makes it try at once and start with short ones. */
  #nudge(): void {
    if (this.#connectedTicks >= 0 && this.#connectedTicks++ < 2) return;
    this.#database.goOffline();
    this.#database.goOnline();
  }
}
