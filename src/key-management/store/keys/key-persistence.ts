import type { CooldownScope } from '../../pool/key/key-state';
import type { ChangedBy, KeyChangeEvent } from '../../pool/key-events';
import type { KeyPool } from '../../pool/key-pool';
import type { KeyPoolService } from '../../pool/key-pool.service';
import type { KeyRecord } from '../../pool/key/key-record';
import type { FoundAccount } from '../../pool/limits/found-account';
import type { DocumentOwner, KnownDocument, StoreListener } from '../sync/document-owner';
import { InactiveKeys } from './inactive-keys';
import { applyDocument, applyField, type DocumentTarget } from './apply-document';
import {
  accountValue,
  adminOf,
  cooldownField,
  cooldownValue,
  documentOf,
  identityOf,
  keyOfDocument,
  KEYS,
  NO_STATE,
  readIdentity,
  registersOf,
  switchOf,
  type StoredIdentity,
} from './key-documents';
import type { FieldChange, Json, StoredDocument } from '../port/key-store';
import type { KeyVault } from './key-vault';
import { KeyStatistics } from './key-statistics';
import { KeyWriter, LostSecrets, StoredCooldowns } from './key-writer';
import type { StoreLink } from '../sync/store-link';

export interface KeyPersistenceSettings {
  /** A stored state that is younger than this is used without a check; milliseconds. */
  readonly freshMs: () => number;
  readonly now: () => number;
  readonly listener: StoreListener;
}

/** Writes the pools' keys to the store, and takes in what other instances did to them. */
export class KeyPersistence implements DocumentOwner {
  readonly prefix = KEYS;
  readonly #inactive: InactiveKeys;
  /** Keys that cannot be stored with their secret, but were in the store before: their changes are still written. */
  readonly #returned = new WeakSet<KeyRecord>();
  /** Documents of keys that the configuration is about to give. */
  #reserved: ReadonlySet<string> = new Set();
  /** Providers whose stored keys stay out until those are in their pools that the app gives. */
  readonly #entering = new Set<string>();
  readonly #lostSecrets: LostSecrets;
  readonly #statistics: KeyStatistics;
  readonly #cooldowns = new StoredCooldowns();
  readonly #writer: KeyWriter;

  constructor(
    private readonly pools: KeyPoolService,
    private readonly link: StoreLink,
    private readonly vault: KeyVault,
    private readonly settings: KeyPersistenceSettings,
  ) {
    this.#inactive = new InactiveKeys(settings.now);
    this.#writer = new KeyWriter(link, vault, this.#cooldowns, (record, scope) =>
      pools.pool(record.provider)?.cooldown(record, scope),
    );
    this.#lostSecrets = new LostSecrets(link, vault);
    this.#statistics = new KeyStatistics(link, pools.usedKeys(), (record) => this.#isKept(record));
    pools.observe({
      keyChanged: (record, event) => {
        if (event.type === 'key_deleted') this.#retire(record, event.by);
        if (event.type === 'key_added' && !this.#isKept(record) && this.#isInactive(record)) this.#returned.add(record);
        if (event.by !== 'store' && event.by !== 'instance') this.#write(record, event);
      },
      accountFound: (record) => {
        if (this.#isKept(record)) this.#writer.account(record, this.#foundAccount(record));
      },
      callsOf: () => this.#statistics,
      callsPending: () => this.link.statisticsPending(),
    });
  }

  /** Whether an administrator deleted the key: then its mention in the configuration does not bring it back. */
  isDeleted(provider: string, keyId: string): boolean {
    return adminOf(this.#inactive.get(documentOf(provider, keyId))) === 'deleted';
  }

  /** The configuration is about to give these keys: what is stored of them is taken up by those, and brings no other key of that id back. */
  reserve(keys: readonly { readonly provider: string; readonly keyId: string }[]): void {
    this.#reserved = new Set(keys.map(({ provider, keyId }) => documentOf(provider, keyId)));
  }

  /** The configuration names a key that is not in its pool for that: should it be deleted, it must stay so. */
  named(provider: string, keyId: string): void {
    this.#inactive.markConfigured(documentOf(provider, keyId));
  }

  /** What is stored of the provider is read, and the app is about to give keys for it. */
  entering(provider: string): void {
    this.#entering.add(provider);
  }

  /** The keys are there that the app gives for the provider: those that were added at run time come back. */
  reviveOf(provider: string): void {
    this.#entering.delete(provider);
    for (const doc of this.#inactive.ofProvider(provider))
      this.#revive(doc, provider, keyOfDocument(doc)!.keyId, 'store');
  }

  providerOf(doc: string): string | undefined {
    return keyOfDocument(doc)?.provider;
  }

  passedBy(document: StoredDocument): void {
    if (this.#inactive.isOutdated(document)) this.link.drop(document.doc);
  }

  forget(provider: string): void {
    for (const doc of this.#inactive.ofProvider(provider)) this.#inactive.forget(doc);
  }

  merge(document: StoredDocument): void {
    const apply = (target: DocumentTarget): void => applyDocument(target, document);
    this.#takeIn(document.doc, 'store', apply, () => this.#inactive.join(document));
  }

  changed(change: FieldChange): void {
    const apply = (target: DocumentTarget): void => applyField(target, change);
    this.#takeIn(change.doc, 'instance', apply, () => this.#inactive.apply(change));
  }

  /** @param apply To the key, where it is in its pool. @param remember Its history, where it is in none. */
  #takeIn(doc: string, by: ChangedBy, apply: (target: DocumentTarget) => void, remember: () => void): void {
    const at = keyOfDocument(doc);
    if (!at) return;
    const pool = this.pools.pool(at.provider);
    const record = pool?.record(at.keyId);
    if (pool && record) {
      apply(this.#target(pool, record, by));
      // Deleted by it: its history stays.
      if (!pool.record(at.keyId)) remember();
      return;
    }
    remember();
    this.#revive(doc, at.provider, at.keyId, by);
  }

  /** Another instance forgot the key. It may have been added again in the same moment, or the configuration here names it. */
  dropped(doc: string): boolean {
    const at = keyOfDocument(doc);
    const record = at && this.pools.pool(at.provider)?.record(at.keyId);
    const isWanted = record ? this.#isKept(record) : this.#inactive.isConfigured(doc);
    // With a trace of today, or it would be forgotten again within the hour.
    if (isWanted) this.#writer.admin(doc, record ? switchOf(record) : 'deleted');
    else this.#inactive.delete(doc);
    return isWanted;
  }

  *known(): Iterable<KnownDocument> {
    // A key that is deleted meanwhile goes among the inactive keys.
    const seen = new Set<string>();
    for (const pool of this.pools.pools()) {
      for (const record of pool.records()) {
        if (!this.#isKept(record)) continue;
        const doc = documentOf(record.provider, record.id);
        seen.add(doc);
        yield {
          doc,
          registers: {
            ...registersOf(record, this.vault.seal(record), this.link.offsetMs),
            ...this.#cooldownsOf(pool, record),
            ...this.#accountOf(record),
          },
          maxima: this.#statistics.known(record),
        };
      }
    }
    for (const { doc, registers, maxima } of this.#inactive.values()) {
      if (seen.has(doc)) continue;
      yield {
        doc,
        registers: Object.fromEntries(Object.entries(registers).map(([field, { value }]) => [field, value])),
        maxima,
      };
    }
  }

  collect(): boolean {
    this.pools.flushCalls();
    const isLeft = this.#statistics.collect((change) => this.changed(change));
    if (isLeft) return true;
    this.#lostSecrets.storeAgain();
    for (const doc of this.#inactive.takeOutdated()) this.link.drop(doc);
    return false;
  }

  #cooldownsOf(pool: KeyPool, record: KeyRecord): Record<string, Json> {
    const now = this.settings.now();
    return Object.fromEntries(
      Array.from(pool.cooldowns(record, now), ({ scope, cooldown }) => [
        cooldownField(scope),
        cooldownValue(this.link.offsetMs, cooldown),
      ]),
    );
  }

  #foundAccount(record: KeyRecord): FoundAccount | undefined {
    return this.pools.pool(record.provider)?.accounts.found(record);
  }

  #accountOf(record: KeyRecord): Record<string, Json> {
    const found = this.#foundAccount(record);
    return found === undefined ? {} : { account: accountValue(record, found) };
  }

  /** Keys added at run time are only kept where they can be encrypted. */
  #isKept(record: KeyRecord): boolean {
    return record.origin === 'configuration' || this.vault.canSeal || this.#returned.has(record);
  }

  #isInactive({ provider, id }: KeyRecord): boolean {
    return this.#inactive.has(documentOf(provider, id));
  }

  #write(record: KeyRecord, event: KeyChangeEvent): void {
    if (!this.#isKept(record)) return;
    if (event.type === 'key_added') this.#added(record, documentOf(record.provider, record.id), event.by);
    else this.#writer.changed(record, event);
  }

  /** Keeps the history of a key that is deleted: for when it is added again, and for a store that loses its data. */
  #retire(record: KeyRecord, by: ChangedBy): void {
    if (!this.#isKept(record)) return;
    const doc = documentOf(record.provider, record.id);
    // A key that its source gives no longer, or whose pool is closed, is as one that is gone from the environment: it may come back, and be what it was.
    const isGone = by === 'source';
    const known = registersOf(record, isGone ? this.vault.seal(record) : undefined, this.link.offsetMs);
    const values = isGone ? known : { ...known, state: NO_STATE, admin: 'deleted' };
    // Version 0: any that comes is newer.
    const registers = Object.fromEntries(
      Object.entries(values).map(([field, value]) => [field, { value, version: 0, tie: '' }]),
    );
    this.#inactive.retire({ doc, registers, maxima: this.#statistics.known(record), sums: {} });
    if (record.origin === 'configuration' && !isGone) this.#inactive.markConfigured(doc);
  }

  /** A key that was known before takes its history up again. */
  #added(record: KeyRecord, doc: string, by: ChangedBy): void {
    this.#statistics.restore(record);
    const history = this.#inactive.get(doc);
    this.#inactive.delete(doc);
    const pool = this.pools.pool(record.provider);
    if (history && pool) {
      const wasDeleted = adminOf(history) === 'deleted';
      // Deleted on purpose, it starts afresh: only what was counted is taken up again.
      const registers = wasDeleted ? {} : history.registers;
      applyDocument(this.#target(pool, record, 'store'), { ...history, registers });
      if (wasDeleted) this.#writer.admin(doc, 'enabled');
    } else if (by === 'administrator' && !this.link.isLoaded) {
      // It may be stored as deleted.
      this.#writer.admin(doc, 'enabled');
    }
    const known = history?.registers.identity?.value;
    const identity = identityOf(record, undefined);
    const sealed = this.vault.seal(record);
    if (sealed !== undefined || JSON.stringify(known) !== JSON.stringify(identity)) {
      this.#writer.identity(doc, record, sealed, by === 'administrator');
    }
  }

  #target(pool: KeyPool, record: KeyRecord, by: ChangedBy): DocumentTarget {
    const { now, freshMs } = this.settings;
    const held = (scope?: CooldownScope): void => {
      if (!this.#isKept(record)) return;
      if (scope) this.#writer.cooldown(record, scope);
      else this.#writer.state(record);
    };
    const secretGone = (): void => this.#lostSecrets.note(record);
    const secretChanged = ({ secret, route }: StoredIdentity): void => {
      const opened = secret === undefined ? undefined : this.vault.open({ secret, route }, record.provider, record.id);
      if (opened?.kind === 'key') pool.replaceKey(record, opened.key, by);
    };
    const unreadable = (problem: string): void => this.link.setAside(documentOf(record.provider, record.id), problem);
    return {
      pool,
      record,
      by,
      statistics: this.#statistics,
      cooldowns: this.#cooldowns,
      offsetMs: this.link.offsetMs,
      now: now(),
      freshMs: freshMs(),
      held,
      secretGone,
      secretChanged,
      unreadable,
    };
  }

  /** Brings a stored key into its pool, if it was added at run time and can be opened. */
  #revive(doc: string, provider: string, keyId: string, by: ChangedBy): void {
    // Such as a pool that was just closed.
    if (this.#entering.has(provider) || !this.link.serves(provider)) return;
    const document = this.#inactive.get(doc);
    const identity = document && readIdentity(document.registers.identity?.value ?? null);
    if (!document || !identity?.secret || adminOf(document) === 'deleted' || this.#reserved.has(doc)) return;
    const { secret, token: _, route: sealedRoute, expiresAt: endsAt, ...settings } = identity;
    const opened = this.vault.open({ secret, route: sealedRoute }, provider, keyId);
    if (opened.kind !== 'key') {
      this.settings.listener.warn(
        opened.kind === 'locked'
          ? `the ${provider} key ${identity.maskedKey} is stored under another KEY_ENCRYPTION_SECRET and stays unused: set that secret, or name it in KEY_ENCRYPTION_SECRET_PREVIOUS; nothing is lost`
          : `the stored ${provider} key ${identity.maskedKey} is damaged and cannot be used: add it again`,
      );
      return;
    }
    this.#inactive.delete(doc);
    const pool = this.pools.ensurePool(provider);
    const expiresAt = endsAt === undefined ? undefined : new Date(endsAt);
    const record = pool.add(opened.key, { ...settings, expiresAt, route: opened.route }, 'runtime', by);
    this.#statistics.restore(record);
    applyDocument(this.#target(pool, record, by), { ...document, sums: {} });
    if (opened.needsRotation) this.#writer.identity(doc, record, this.vault.seal(record), false);
  }
}
