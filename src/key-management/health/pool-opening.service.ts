import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { Clock } from '../common/clock';
import { nearestName } from '../common/near-miss';
import { optionFault, type OptionRule, type OptionRules, type RulesFor } from '../common/option-fault';
import { HealthCheckerRegistry } from '../checkers/health-checker.registry';
import { PROVIDER_NAME } from '../configuration/options-schema';
import { KeyManagementConfigurationError } from '../configuration/resolve-options';
import type { ResolvedOptions } from '../configuration/resolved-options';
import { CLOCK, RESOLVED_OPTIONS } from '../key-management.constants';
import { KeyPoolService } from '../pool/key-pool.service';
import type { OpenedPool, OpenPoolOptions, PoolOpener } from '../pool/opened-pools';
import { PersistenceService } from '../store/persistence.service';
import { HealthCheckService } from './health-check.service';
import { KeyIntakeService } from './key-intake.service';

/** How the wait for the calls of a pool ended: there are none left, they take too long, or the app ends, which waits for all calls by itself. */
type DrainEnd = 'idle' | 'late' | 'app_ends';

/** How often it is looked whether the calls of a pool that is being closed have ended. Milliseconds. */
const LOOK_MS = 50;
const MOST_TENANT = 100;
const PRINTABLE = new RegExp(`^[\\x20-\\x7e\\u00a0-\\uffff]{1,${MOST_TENANT}}$`);

const OPEN_RULES: RulesFor<OpenPoolOptions> = {
  like: (value) => (typeof value === 'string' ? undefined : 'the name of a provider of this app'),
  keys: (value) => (Array.isArray(value) && value.length > 0 ? undefined : 'a list of one key or more'),
  tenant: (value) =>
    typeof value === 'string' && PRINTABLE.test(value)
      ? undefined
      : `1 to ${MOST_TENANT} printable characters, or be left out`,
};
const OPEN_OPTIONS: OptionRules = new Map<string, OptionRule>(Object.entries(OPEN_RULES));

/** Opens pools while the app runs, by the vendor and the settings of a provider that it has, and closes them. */
@Injectable()
export class PoolOpeningService implements PoolOpener, OnModuleDestroy {
  readonly #logger = new Logger('KeyManagement');
  readonly #looks = new Set<() => void>();
  #isClosed = false;

  constructor(
    private readonly pools: KeyPoolService,
    private readonly registry: HealthCheckerRegistry,
    private readonly checks: HealthCheckService,
    private readonly intake: KeyIntakeService,
    private readonly persistence: PersistenceService,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    pools.useOpener(this);
  }

  onModuleDestroy(): void {
    this.#isClosed = true;
    for (const end of [...this.#looks]) end();
  }

  async open(name: string, options: OpenPoolOptions): Promise<OpenedPool> {
    const problem = this.#problem(name, options);
    if (problem !== undefined) throw new KeyManagementConfigurationError([problem]);
    const { like, keys, tenant } = options;
    const settings = this.options.providers.get(like);
    if (settings) {
      const { source: _, ...own } = settings;
      this.options.providers.set(name, { ...own, keys: [], keysFrom: 'options' });
    }
    this.registry.addLike(name, like);
    this.pools.addPool(name, { like, tenant });
    try {
      await this.#takeIn(name, keys);
    } catch (error) {
      this.#forget(name);
      throw error;
    }
    let closing: Promise<void> | undefined;
    return { provider: name, close: () => (closing ??= this.#close(name)) };
  }

  /** The keys that are given, but those that an administrator deleted; then those that one added to the pool when it was open before. */
  async #takeIn(name: string, keys: OpenPoolOptions['keys']): Promise<void> {
    const { keys: stored, link } = this.persistence;
    stored.entering(name);
    await link.enter(name);
    await this.intake.initialize(name, keys, (key) => {
      if (!stored.isDeleted(name, key.id)) return true;
      stored.named(name, key.id);
      this.#logger.log(
        `${name} key ${key.masked} stays out: an administrator deleted it; add it again to have it back`,
      );
      return false;
    });
    stored.reviveOf(name);
    const pool = this.pools.pool(name)!;
    await this.checks.checkAll(
      pool,
      [...pool.records()].filter(({ isUnchecked }) => isUnchecked),
    );
  }

  #problem(name: string, options: OpenPoolOptions): string | undefined {
    if (this.#isClosed) return 'The app is closing: no pool is opened any more.';
    if (typeof name !== 'string' || !PROVIDER_NAME.test(name))
      return 'name: must be of letters, digits, "_", "-" and ".", 64 at the most, as "customer-17".';
    const missing = (['like', 'keys'] as const).find(
      (each) => (options as Partial<OpenPoolOptions> | undefined)?.[each] === undefined,
    );
    const fault =
      missing === undefined
        ? optionFault(options, OPEN_OPTIONS)
        : `${missing} is needed, as in { like: 'openai', keys: ['…'] }.`;
    if (fault !== undefined) return fault;
    if (this.registry.isClosing(name))
      return `name: "${name}" is a pool that is being closed, whose last calls are still under way. Open it again when they have ended.`;
    if (this.registry.has(name) || this.options.providers.has(name) || this.pools.pool(name))
      return `name: "${name}" is a provider of this app, or a pool that is open. Give another name, or close that pool first.`;
    const { like } = options;
    if (this.registry.has(like) && !this.pools.templateOf(like)) return undefined;
    const known = this.registry.providers();
    const meant = nearestName(like, known);
    // It is not quoted: it may be a key in the wrong place.
    return `like: no provider of this app has this name${meant === undefined ? '' : ` (did you mean ${meant}?)`}. Known: ${known.join(', ')}.`;
  }

  async #close(name: string): Promise<void> {
    this.registry.closing(name);
    this.pools.poolClosing(name);
    const { drainTimeoutMs } = this.options;
    const end = await this.#drained(name, this.clock.now() + drainTimeoutMs);
    if (end === 'idle') this.#forget(name);
    if (end !== 'late') return;
    this.pools.cutPool(name);
    this.#logger.warn(
      `Calls of the pool ${name} are still under way after ${drainTimeoutMs} ms: those that wait are ended, and the pool is forgotten with its last attempt.`,
    );
    void this.#drained(name, Infinity).then((last) => last === 'idle' && this.#forget(name));
  }

  /** Resolves when no call of the pool is under way, at that time (milliseconds since the epoch), or when the app ends. */
  #drained(name: string, until: number): Promise<DrainEnd> {
    return new Promise((resolve) => {
      let cancel = (): void => undefined;
      const end = (how: DrainEnd): void => {
        cancel();
        this.#looks.delete(close);
        resolve(how);
      };
      const close = (): void => end('app_ends');
      const look = (): void => {
        if (this.pools.callsUnderWay(name) === 0) end('idle');
        else if (this.clock.now() >= until) end('late');
        else cancel = this.clock.after(LOOK_MS, look, false);
      };
      this.#looks.add(close);
      look();
    });
  }

  #forget(name: string): void {
    this.pools.dropPool(name);
    this.registry.forget(name);
    this.checks.forget(name);
    this.options.providers.delete(name);
  }
}
