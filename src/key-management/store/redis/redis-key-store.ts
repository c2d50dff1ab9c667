import { randomUUID } from 'node:crypto';
import { systemClock } from '../../common/clock';
import { checkChanges } from '../port/check-changes';
import type { Audience, KeyStore, ReadChanges, StoreChange, StoredDocument, StoreWatcher } from '../port/key-store';
import { unpackChanges } from '../server/packed-changes';
import { QUIET_BATCHES, readQuiet, type QuietBatch } from '../server/quiet-changes';
import { ServerKeyStore } from '../server/server-key-store';
import { entryOf } from './change-reader';
import { packChanges } from './packing';
import { LOCK, SINCE, UNLOCK, WRITE } from './scripts';
import { RedisSession, type RedisKeyStoreSettings, type SessionSettings } from './redis-session';
import type { RedisSource } from './source';

/** Another instance that was away longer loads everything again. */
const STREAM_KEPT_MS = 60_000;

/** As `SINCE` answers: epoch, number and id of the last batch that nobody was told, and the batches after that which was named. */
type QuietAnswer = [
  epoch: string,
  number: string,
  last: string,
  entries?: readonly (readonly [id: string, fields: string[]])[],
];

/**
 * Either a URL (`redis://user:password@host:port/0`, `rediss://` for TLS; several nodes of a cluster with commas between), options for
 * ioredis (Sentinel, TLS), or a client (also a `Cluster`): the store makes two connections like its, and leaves the client itself alone.
 */
export type RedisKeyStoreOptions = RedisKeyStoreSettings & RedisSource;

/**
 * Redis 7 or Valkey, shared by all instances. Each batch is one script call. The others follow a stream of the batches, where a
 * connection that broke takes up where it was; on loopback that is as fast as publish and subscribe, which forgets
 * (p50 0.12 against 0.09 ms, p99 1.2 against 1.3 ms).
 */
export class RedisKeyStore extends ServerKeyStore<RedisSession> implements KeyStore {
  readonly kind = 'redis';
  readonly #source: RedisSource;
  readonly #settings: SessionSettings;

  constructor({
    namespace = 'default',
    timeoutMs = 3_000,
    clock = systemClock,
    random = Math.random,
    report = (message) => process.emitWarning(message),
    ...source
  }: RedisKeyStoreOptions) {
    super();
    this.#source = source;
    this.#settings = { root: `{akm:${namespace}}:`, writer: randomUUID(), timeoutMs, clock, random, report };
  }

  async load(prefix: string): Promise<StoredDocument[]> {
    const { session } = this;
    // Whoever waits for a snapshot goes on hearing what others change.
    const plan = await session.snapshots.plan(prefix);
    const endLoad = session.deduplicator.beginLoad();
    let seqs: ReadonlyMap<string, number> = new Map();
    try {
      const loaded = await session.snapshots.load(prefix, plan);
      seqs = loaded.seqs;
      return loaded.documents;
    } finally {
      endLoad(seqs);
    }
  }

  async write(changes: readonly StoreChange[], id = '', audience: Audience = 'all'): Promise<void> {
    const { session } = this;
    checkChanges(changes, id || undefined);
    if (changes.length === 0) return;
    const args = [packChanges(changes), this.#settings.writer, id, randomUUID(), STREAM_KEPT_MS];
    const reader = typeof audience === 'string' ? audience : `@${audience.instance}`;
    session.sawEpoch(String(await session.run(WRITE, [...args, reader])));
  }

  async changesSince(cursor?: string): Promise<ReadChanges | undefined> {
    const { session } = this;
    const from = cursor === undefined ? [] : [...cursor.split(' '), QUIET_BATCHES];
    const answer = (await session.run(SINCE, [randomUUID(), ...from])) as QuietAnswer;
    const [epoch, number, place, entries = []] = answer;
    session.sawEpoch(epoch);
    const batches = entries.map(([id, fields]): QuietBatch => {
      const { n, w, c } = entryOf(fields);
      const changes = w === this.#settings.writer ? [] : unpackChanges(c ?? '');
      return { number: Number(n), place: id, changes };
    });
    return readQuiet({ epoch, number: Number(number), place }, batches, cursor);
  }

  async lock(name: string, holder: string, ttlMs: number): Promise<boolean> {
    const taken = await this.session.run(LOCK, [name, holder, Math.max(1, Math.ceil(ttlMs))]);
    return Number(taken) === 1;
  }

  async unlock(name: string, holder: string): Promise<void> {
    await this.session.run(UNLOCK, [name, holder]);
  }

  protected override newSession(watcher: StoreWatcher): RedisSession {
    return new RedisSession(this.#source, this.#settings, watcher);
  }
}
