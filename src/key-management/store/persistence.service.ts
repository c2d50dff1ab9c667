import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { Clock } from '../clock';
import { ConfigurationService } from '../configuration/configuration.service';
import { KeyManagementConfigurationError } from '../configuration/resolve-options';
import type { ResolvedOptions } from '../configuration/resolved-options';
import { oneLine } from '../one-line';
import { CLOCK, INSTANCE_ID, RESOLVED_OPTIONS, type StoreHealth } from '../key-management.constants';
import { KeyPoolService, type KeyJournal } from '../pool/key-pool.service';
import { createStore } from './create-store';
import type { DocumentOwner } from './document-owner';
import { Instances } from './instances';
import { documentOf } from './key-documents';
import { KeyPersistence } from './key-persistence';
import { KeyVault } from './key-vault';
import { StoreError } from './store-error';
import { StoreLink } from './store-link';

/** A stored verdict at least this young is used at once on a start; milliseconds. */
const FRESH_MS = 60 * 60_000;
/** What is left is written within this at shutdown; milliseconds. */
const CLOSE_MS = 5_000;

/** The store of this app: opened before the keys are registered, closed after the last call. */
@Injectable()
export class PersistenceService implements KeyJournal, StoreHealth, OnApplicationShutdown {
  readonly #logger = new Logger('KeyManagement');
  readonly #keys: KeyPersistence;
  readonly link: StoreLink;
  readonly #vault: KeyVault;
  readonly #instances: Instances;
  /** The store can never be used, whatever comes. */
  #failed = false;

  constructor(
    pools: KeyPoolService,
    configuration: ConfigurationService,
    @Inject(RESOLVED_OPTIONS) options: ResolvedOptions,
    @Inject(CLOCK) clock: Clock,
    @Inject(INSTANCE_ID) instanceId: string,
  ) {
    const listener = {
      warn: (message: string) => {
        // What a store holds or its server says may be anything.
        this.#logger.warn(oneLine(message));
      },
      info: (message: string) => {
        this.#logger.log(oneLine(message));
      },
    };
    this.#vault = new KeyVault(options.store.encryptionSecrets);
    this.link = new StoreLink(createStore(options.store, clock, listener.warn), instanceId, clock, listener);
    const freshMs = (): number => Math.max(FRESH_MS, configuration.current.healthCheckIntervalMinutes * 60_000);
    this.#keys = new KeyPersistence(pools, this.link, this.#vault, { freshMs, now: () => clock.now(), listener });
    this.link.own(this.#keys);
    pools.useJournal(this);
    this.#instances = new Instances(this.link, instanceId, clock, (sharing) => {
      pools.shareLimits(sharing);
    });
    this.link.own(this.#instances);
  }

  /** Adds documents of another kind. Before `start`. */
  own(owner: DocumentOwner): void {
    this.link.own(owner);
  }

  /**
   * Opens the store and takes in what it holds. A store that is away, or a folder that cannot be used, does not stop the start.
   * @throws KeyManagementConfigurationError for settings that can never lead to a shared store
   */
  async start(): Promise<void> {
    this.#instances.start();
    try {
      await this.link.open();
    } catch (error) {
      const away = error instanceof StoreError && error.code === 'unavailable';
      this.#failed = !away;
      const message = error instanceof Error ? oneLine(error.message) : 'unknown error';
      if (this.link.shared && error instanceof StoreError && error.code === 'not_usable') {
        throw new KeyManagementConfigurationError([message]);
      }
      if (error instanceof StoreError && error.code === 'not_loadable') {
        this.#logger.log(message);
        return;
      }
      this.#logger.error(
        `${message} The app starts on what its settings give${away ? ', and reconciles when the store is there' : '; nothing is kept'}.`,
      );
    }
  }

  /** Whether keys added at run time are kept over a restart. */
  get keepsAddedKeys(): boolean {
    return this.#vault.canSeal && this.link.kind !== 'memory' && !this.#failed;
  }

  /** Whether an administrator deleted the key: then its mention in the configuration does not bring it back. */
  isDeleted(provider: string, keyId: string): boolean {
    return this.#keys.isDeleted(provider, keyId);
  }

  /** The configuration names a key that is not in its pool for that: should it be deleted, it must stay so. */
  named(provider: string, keyId: string): void {
    this.#keys.named(provider, keyId);
  }

  /** @throws StoreError `unavailable` when the store is away for 5 s; the change holds here and is written later. */
  async saved(provider: string, keyId: string): Promise<void> {
    if (!this.#failed) await this.link.saved(documentOf(provider, keyId));
  }

  status(): 'up' | 'degraded' {
    return this.link.up ? 'up' : 'degraded';
  }

  async onApplicationShutdown(): Promise<void> {
    this.#instances.stop();
    await this.link.close(CLOSE_MS);
  }
}
