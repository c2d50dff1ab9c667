import type { ChangedBy, KeyEvent } from '../pool/key-events';
import type { KeyPool } from '../pool/key-pool';
import type { KeyPoolService } from '../pool/key-pool.service';
import type { KeyRecord } from '../pool/key-record';
import type { DocumentOwner, KnownDocument, StoreListener } from './document-owner';
import { applyDocument, applyField, type AppliedTo } from './apply-document';
import {
  adminOf,
  documentOf,
  identityOf,
  keyOfDocument,
  KEYS,
  modelRestField,
  rankOf,
  readIdentity,
  registersOf,
  stateOf,
  type AdminState,
} from './key-documents';
import type { StoreChange, StoredDocument } from './key-store';
import type { KeyVault } from './key-vault';
import { applyChange, joined } from './merge';
import { KeyStatistics } from './key-statistics';
import { LostSecrets } from './lost-secrets';
import { ModelRests } from './model-rests';
import type { StoreLink } from './store-link';

/** Keeps the pools' keys in the store, and takes in what other instances did to them. */
export class KeyPersistence implements DocumentOwner {
  readonly prefix = KEYS;
  /** Stored keys that are in no pool here: gone from the environment, deleted, or locked. Their history is taken up again. */
  readonly #dormant = new Map<string, StoredDocument>();
  /** Keys that cannot be kept, but were in the store before: what becomes of them is kept there all the same. */
  readonly #returned = new WeakSet<KeyRecord>();
  readonly #lostSecrets: LostSecrets;
  readonly #statistics: KeyStatistics;
  readonly #rests = new ModelRests();

  constructor(
    private readonly pools: KeyPoolService,
    private readonly link: StoreLink,
    private readonly vault: KeyVault,
    private readonly settings: { freshMs: () => number; now: () => number; listener: StoreListener },
  ) {
    this.#lostSecrets = new LostSecrets(link, vault);
    this.#statistics = new KeyStatistics(link, pools.usedKeys(), (record) => this.#isKept(record));
    pools.observe({
      keyChanged: (record, event) => {
        if (event.type === 'key_deleted') this.#retire(record);
        if (event.type === 'key_added' && !this.#isKept(record) && this.#isDormant(record)) this.#returned.add(record);
        if (event.by !== 'store' && event.by !== 'instance') this.#write(record, event);
      },
      callsOf: () => this.#statistics,
      callsPending: () => this.link.statisticsPending(),
    });
  }

  /** Whether an administrator deleted the key: then its mention in the environment does not bring it back. */
  isDeleted(provider: string, keyId: string): boolean {
    return adminOf(this.#dormant.get(documentOf(provider, keyId))) === 'deleted';
  }

  merge(document: StoredDocument): void {
    const at = keyOfDocument(document.doc);
    if (!at) return;
    const pool = this.pools.pool(at.provider);
    const record = pool?.record(at.keyId);
    if (pool && record) {
      applyDocument(this.#target(pool, record, 'store'), document);
      if (!pool.record(at.keyId)) this.#sleep(document);
      return;
    }
    this.#sleep(document);
    this.#revive(document.doc, at.provider, at.keyId, 'store');
  }

  changed(change: StoreChange): void {
    const at = keyOfDocument(change.doc);
    if (!at || change.kind === 'drop') return;
    const pool = this.pools.pool(at.provider);
    const record = pool?.record(at.keyId);
    if (pool && record) {
      applyField(this.#target(pool, record, 'instance'), change);
      // Deleted by it: its history stays.
      if (!pool.record(at.keyId)) this.#sleepChange(change);
      return;
    }
    this.#sleepChange(change);
    this.#revive(change.doc, at.provider, at.keyId, 'instance');
  }

  *known(): Iterable<KnownDocument> {
    // A key that is deleted meanwhile goes among the dormant ones.
    const told = new Set<string>();
    for (const pool of this.pools.pools()) {
      for (const record of pool.records()) {
        if (!this.#isKept(record)) continue;
        const doc = documentOf(record.provider, record.id);
        told.add(doc);
        yield {
          doc,
          registers: registersOf(record, this.vault.seal(record)),
          ...this.#statistics.known(record, pool.snapshot(record).rests),
        };
      }
    }
    for (const { doc, registers, maxima, sums } of this.#dormant.values()) {
      if (told.has(doc)) continue;
      yield {
        doc,
        registers: Object.fromEntries(Object.entries(registers).map(([field, { value }]) => [field, value])),
        maxima,
        sums,
      };
    }
  }

  collect(): boolean {
    this.pools.tellCalls();
    const isLeft = this.#statistics.collect((change) => {
      this.changed(change);
    });
    if (!isLeft) this.#lostSecrets.storeAgain();
    return isLeft;
  }

  /** Keys added at run time are only kept where they can be encrypted. */
  #isKept(record: KeyRecord): boolean {
    return record.origin === 'configuration' || this.vault.canSeal || this.#returned.has(record);
  }

  #isDormant({ provider, id }: KeyRecord): boolean {
    return this.#dormant.has(documentOf(provider, id));
  }

  #write(record: KeyRecord, event: KeyEvent): void {
    if (!this.#isKept(record)) return;
    const doc = documentOf(record.provider, record.id);
    switch (event.type) {
      case 'key_added':
        this.#added(record, doc);
        return;
      case 'key_deleted':
        this.#putAdmin(doc, 'deleted');
        // Deleted means deleted: not even the encrypted key stays.
        this.link.put(doc, 'identity', identityOf(record, undefined));
        return;
      case 'key_updated':
        this.link.put(doc, 'identity', identityOf(record, this.vault.seal(record)));
        return;
      case 'model_rested': {
        const field = modelRestField(event.model);
        if (this.#rests.admits(record, field)) this.link.raise(doc, field, event.until.getTime());
        return;
      }
      case 'status_changed':
        // What time brings, every instance sees by itself.
        if (event.by === 'time') return;
        if (event.from !== event.to && (event.from === 'disabled' || event.to === 'disabled')) {
          this.#putAdmin(doc, record.enabled ? 'enabled' : 'disabled');
        } else {
          // In the same batch: one who starts now takes no verdict at its word whose time it does not know.
          if (record.lastCheckedAt > 0) this.link.raise(doc, 'lastCheckedAt', record.lastCheckedAt);
          this.#putState(record);
        }
    }
  }

  #putState(record: KeyRecord): void {
    if (!this.#isKept(record)) return;
    this.link.put(documentOf(record.provider, record.id), 'state', stateOf(record), rankOf(record.state));
  }

  #putAdmin(doc: string, state: AdminState): void {
    // By the clock, so that it wins over what was decided before and is not known here, the store being away since the start. In minutes,
    // so that among simultaneous ones still the rank decides.
    const minute = Math.floor(this.settings.now() / 60_000);
    this.link.put(doc, 'admin', state, state === 'deleted' ? 2 : state === 'disabled' ? 1 : 0, minute);
  }

  /** Keeps the history of a key that is deleted: for when it is added again, and for a store that loses its data. */
  #retire(record: KeyRecord): void {
    if (!this.#isKept(record)) return;
    const doc = documentOf(record.provider, record.id);
    const values = { ...registersOf(record, undefined), admin: 'deleted' };
    // Version 0: any that comes is newer.
    const registers = Object.fromEntries(
      Object.entries(values).map(([field, value]) => [field, { value, version: 0, tie: '' }]),
    );
    this.#dormant.set(doc, { doc, registers, ...this.#statistics.known(record, []) });
  }

  /** A key that was known before takes its history up again. */
  #added(record: KeyRecord, doc: string): void {
    const history = this.#dormant.get(doc);
    this.#dormant.delete(doc);
    const pool = this.pools.pool(record.provider);
    if (history && pool) {
      const wasDeleted = adminOf(history) === 'deleted';
      const { admin: _, ...registers } = history.registers;
      applyDocument(this.#target(pool, record, 'store'), wasDeleted ? { ...history, registers } : history);
      if (wasDeleted) this.#putAdmin(doc, 'enabled');
    }
    const known = history?.registers.identity?.value;
    const identity = identityOf(record, undefined);
    const sealed = this.vault.seal(record);
    if (sealed !== undefined || JSON.stringify(known) !== JSON.stringify(identity)) {
      this.link.put(doc, 'identity', identityOf(record, sealed));
    }
  }

  #target(pool: KeyPool, record: KeyRecord, by: ChangedBy): AppliedTo {
    const { now, freshMs } = this.settings;
    const stateHeld = (): void => this.#putState(record);
    const secretGone = (): void => this.#lostSecrets.note(record);
    const [statistics, rests] = [this.#statistics, this.#rests];
    return { pool, record, by, statistics, rests, now: now(), freshMs: freshMs(), stateHeld, secretGone };
  }

  #sleep(document: StoredDocument): void {
    const known = this.#dormant.get(document.doc);
    this.#dormant.set(document.doc, known ? joined(known, document) : document);
  }

  #sleepChange(change: StoreChange): void {
    applyChange(this.#dormant, change);
  }

  /** Brings a stored key into its pool, if it was added at run time and can be opened. */
  #revive(doc: string, provider: string, keyId: string, by: ChangedBy): void {
    const document = this.#dormant.get(doc);
    const identity = document && readIdentity(document.registers.identity?.value ?? null);
    if (!document || !identity?.secret || adminOf(document) === 'deleted') return;
    const opened = this.vault.open(identity.secret, provider, keyId);
    if (opened.kind !== 'key') {
      this.settings.listener.warn(
        opened.kind === 'locked'
          ? `the ${provider} key ${identity.maskedKey} is stored under another KEY_ENCRYPTION_SECRET and stays unused: set that secret, or name it in KEY_ENCRYPTION_SECRET_PREVIOUS; nothing is lost`
          : `the stored ${provider} key ${identity.maskedKey} is damaged and cannot be used: add it again`,
      );
      return;
    }
    this.#dormant.delete(doc);
    const pool = this.pools.ensurePool(provider);
    const record = pool.add(opened.key, identity, 'runtime', by);
    applyDocument(this.#target(pool, record, by), document);
    if (opened.needsRotation) this.link.put(doc, 'identity', identityOf(record, this.vault.seal(record)));
  }
}
