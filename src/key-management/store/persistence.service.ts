import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Subject, type Observable } from 'rxjs';
import { HealthCheckerRegistry } from '../checkers/health-checker.registry';
import type { Clock, Random } from '../common/clock';
import { ConfigurationService } from '../configuration/configuration.service';
import { KeyManagementConfigurationError } from '../configuration/resolve-options';
import type { ResolvedOptions } from '../configuration/resolved-options';
import { StoreUnavailableError } from '../errors';
import { singleLine } from '../common/text';
import { CLOCK, INSTANCE_ID, RANDOM, RESOLVED_OPTIONS } from '../key-management.constants';
import { KeyPoolService, type KeyJournal } from '../pool/key-pool.service';
import type { KeySnapshot } from '../pool/key/key-snapshot';
import { builtInStore } from './built-in-stores';
import { PeriodClaims } from './shares/period-claims';
import { LimitShares } from './shares/limit-shares';
import { Instances } from './sync/instances';
import { documentOf } from './keys/key-documents';
import { KeyPersistence } from './keys/key-persistence';
import { KeyVault, type Persistence } from './keys/key-vault';
import { StoreError } from './port/store-error';
import { PausePersistence } from './pause-persistence';
import { SETTINGS_DOC, SettingsPersistence } from './settings-persistence';
import { StoreLink } from './sync/store-link';

/** On a start, a stored state that is younger than this is used without a check; milliseconds. */
const FRESH_MS = 60 * 60_000;
/** Time limit for writing what is left at shutdown; milliseconds. */
const CLOSE_MS = 5_000;

/** The store of this app: opened before the keys are registered, closed after the last call. */
@Injectable()
export class PersistenceService implements KeyJournal, OnApplicationShutdown {
  readonly #logger = new Logger('KeyManagement');
  readonly keys: KeyPersistence;
  readonly link: StoreLink;
  readonly #vault: KeyVault;
  readonly #damages = new Subject<string>();
  /** Messages about stored data that was found damaged. */
  readonly damages$: Observable<string> = this.#damages.asObservable();
  readonly #instances: Instances;
  readonly #shares: LimitShares;
  readonly #claims: PeriodClaims;

  constructor(
    pools: KeyPoolService,
    configuration: ConfigurationService,
    @Inject(RESOLVED_OPTIONS) options: ResolvedOptions,
    @Inject(CLOCK) clock: Clock,
    @Inject(INSTANCE_ID) instanceId: string,
    registry: HealthCheckerRegistry,
    @Inject(RANDOM) random: Random,
  ) {
    const listener = {
      warn: (message: string) => {
        // What a store holds or its server says may be anything.
        this.#logger.warn(singleLine(message));
      },
      info: (message: string) => this.#logger.log(singleLine(message)),
    };
    this.#vault = new KeyVault(options.store.encryptionSecrets);
    const damaged = (message: string): void => {
      listener.warn(message);
      this.#damages.next(singleLine(message));
    };
    const { own, kind } = options.store;
    const store = own ?? builtInStore(kind)!.create(options.store, clock, damaged);
    this.link = new StoreLink(store, instanceId, clock, listener, random);
    const freshMs = (): number => Math.max(FRESH_MS, configuration.current.healthCheckIntervalMinutes * 60_000);
    this.link.servesBy(
      (provider) => registry.has(provider) || options.providers.has(provider) || pools.pool(provider) !== undefined,
    );
    this.keys = new KeyPersistence(pools, this.link, this.#vault, {
      freshMs,
      now: () => clock.now(),
      listener,
    });
    registry.onAdded = (provider) => void this.link.enter(provider);
    this.link.own(this.keys);
    pools.useJournal(this);
    this.#instances = new Instances(this.link, instanceId, clock);
    this.link.own(this.#instances);
    this.link.countInstances = () => this.#instances.count;
    this.link.isFirst = () => this.#instances.isFirst;
    const shares = new LimitShares(this.link, instanceId, clock, this.#instances);
    this.#shares = shares;
    this.link.own(shares);
    const claims = new PeriodClaims(this.link, instanceId, clock, this.#instances);
    this.#claims = claims;
    this.link.own(claims);
    const { onGone } = this.#instances;
    this.#instances.onGone = (instance) => {
      onGone(instance);
      claims.gone();
    };
    pools.shareLimits((provider, accounts) => {
      shares.share(provider, accounts.parts);
      claims.share(provider, accounts.meters);
    });
    pools.observe({
      poolIdle: (provider) => {
        shares.unshare(provider);
        claims.unshare(provider);
      },
      poolClosed: (provider) => this.link.leave(provider),
    });
    this.link.own(new SettingsPersistence(configuration, this.link, () => this.keptOf(SETTINGS_DOC)));
    this.link.own(new PausePersistence(pools, this.link, (doc, provider) => this.keptOf(doc, provider)));
  }

  /**
   * Opens the store and takes in what it holds. A store that is away, or a folder that cannot be used, does not stop the start.
   * @throws KeyManagementConfigurationError for settings that can never lead to a shared store
   */
  async start(): Promise<void> {
    this.#instances.start();
    try {
      await this.#open();
    } finally {
      this.#shares.start();
      this.#claims.start();
    }
  }

  async #open(): Promise<void> {
    try {
      await this.link.open();
    } catch (error) {
      const message = error instanceof Error ? singleLine(error.message) : 'unknown error';
      if (this.link.shared && error instanceof StoreError && error.code === 'not_usable') {
        throw new KeyManagementConfigurationError([message]);
      }
      if (error instanceof StoreError && error.code === 'not_loadable') {
        this.#logger.log(message);
        return;
      }
      this.#logger.error(
        `${message} The app starts on what its settings give, and reconciles when the store is there; until then nothing is kept over a restart.`,
      );
    }
  }

  /** What becomes of a key over a restart, as of now. */
  keptAs({ provider, id, origin }: Pick<KeySnapshot, 'provider' | 'id' | 'origin'>): Persistence {
    if (origin !== 'administrator') return 'configuration';
    if (!this.keepsAddedKeys) return 'memory_only';
    // What is on its way to a store that works is written within moments.
    return !this.link.up && this.link.holds(documentOf(provider, id)) ? 'pending' : 'stored';
  }

  /** Whether keys added at run time are kept over a restart, where the store works. */
  get keepsAddedKeys(): boolean {
    return this.#vault.canSeal && this.link.kind !== 'memory';
  }

  looked(): void {
    this.link.looked();
  }

  /** @throws StoreUnavailableError when the store has not taken the key's changes after 5 s, or never can */
  saved(provider: string, keyId: string): Promise<void> {
    return this.keptOf(documentOf(provider, keyId), provider);
  }

  /** Resolves when all changes of the document are in the store. @throws StoreUnavailableError */
  async keptOf(doc: string, provider = ''): Promise<void> {
    try {
      await this.link.saved(doc);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const willBeWritten = error.code === 'unavailable';
      throw new StoreUnavailableError(error.message, { provider, applied: true, willBeWritten });
    }
  }

  async onApplicationShutdown(): Promise<void> {
    this.#claims.stop();
    await this.#shares.stop();
    this.#instances.stop();
    await this.link.close(CLOSE_MS);
  }
}
