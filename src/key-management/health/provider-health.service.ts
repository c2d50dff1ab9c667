import { getOrCreate } from '../common/get-or-create';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Clock } from '../common/clock';
import type { ResolvedOptions } from '../configuration/resolved-options';
import { CLOCK, RESOLVED_OPTIONS, STORE_HEALTH, type StoreHealth } from '../key-management.constants';
import type { ProviderState } from '../pool/key-events';
import type { KeyPool } from '../pool/key-pool';
import { KeyPoolService } from '../pool/key-pool.service';
import type { PoolTemplate } from '../pool/opened-pools';
import { keyAvailability, keysBelow, usableKeys, type UnservedModel } from './key-availability';
import { WINDOW_MS } from './provider-facts';
import { isCalled, providerState, type ProviderSituation, type ProviderAssessment } from './provider-state';
import { isInTrouble, ProviderWatch } from './provider-watch';

/** How a provider stands on this instance. Times are milliseconds since the epoch. */
export interface ProviderHealth extends ProviderAssessment {
  readonly provider: string;
  readonly since: number;
  /** Somebody called it within the hour. */
  readonly isCalled: boolean;
  /** Calls of the last five minutes that say something of the provider, and those of them that speak against it. */
  readonly calls: number;
  readonly failures: number;
  /** Models that were called and that no key may serve now. */
  readonly unserved: readonly UnservedModel[];
  /** The circuit breaker holds calls back, but for single ones that try. */
  readonly isHeldBack: boolean;
  /** Where its pool was opened at run time. */
  readonly template: PoolTemplate | undefined;
}

export interface ProviderHealthSummary {
  readonly states: Readonly<Record<string, ProviderState>>;
  /** Of some provider that is called: it is `failing` or has `no_usable_key`. */
  readonly serveNobody: boolean;
  /** The same, or it is `degraded`. */
  readonly areDegraded: boolean;
}

/** Soon after something happened, and then from time to time while it matters; milliseconds. */
const SOON_MS = 1_000;
const AGAIN_MS = 5_000;

/** Any call: what a provider that nobody calls is judged by. */
const ANY_MODEL = [undefined];

/**
 * How each provider stands: judged when somebody asks, and while calls come, so that it is known since when, and announced.
 * Of this instance's calls alone: another one may reach the vendor by another road.
 */
@Injectable()
export class ProviderHealthService implements OnModuleDestroy {
  readonly #watches = new Map<string, ProviderWatch>();
  readonly #startedAt: number;
  /** Providers that were said to have too few usable keys, and still have. */
  readonly #low = new Set<string>();
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(
    private readonly pools: KeyPoolService,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(STORE_HEALTH) private readonly store: StoreHealth,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#startedAt = clock.now();
    pools.observe({
      callsOf: (provider) => {
        const { facts } = this.#watch(provider);
        return {
          onCallBatch: (batch) => {
            facts.onCallBatch(batch);
            this.#lookIn(SOON_MS);
          },
        };
      },
      keyChanged: () => this.#lookIn(SOON_MS),
      poolClosed: (provider) => {
        this.#watches.delete(provider);
        this.#low.delete(provider);
      },
      pauseChanged: (provider) => {
        const pool = pools.pool(provider);
        pool?.calls.flush();
        if (pool?.pauseAt(clock.now()) === undefined) this.#watch(provider).facts.judgeAnew();
        this.#lookIn(SOON_MS);
      },
    });
  }

  onModuleDestroy(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  /** Of every provider that has keys or is called. Only known providers have a pool, so callers cannot make this list grow. */
  all(): ProviderHealth[] {
    this.pools.flushCalls();
    return Array.from(this.pools.pools()).flatMap((pool) => (this.#isListed(pool) ? [this.#judge(pool)] : []));
  }

  /** Of one provider that has a pool, whether it is called or not. */
  one(pool: KeyPool): ProviderHealth {
    pool.calls.flush();
    return this.#judge(pool);
  }

  /**
   * What anyone may know: the states alone, and whether a provider that is called serves nobody, or serves it badly. Without the pools that were
   * opened at run time: their names may be those of customers, whose keys say nothing of the app.
   */
  summary(): ProviderHealthSummary {
    const all = this.all().filter(({ template }) => template === undefined);
    const called = all.filter((each) => each.isCalled);
    return {
      states: Object.fromEntries(all.map(({ provider, state }) => [provider, state])),
      serveNobody: called.some(({ state }) => isInTrouble(state)),
      areDegraded: called.some(({ state }) => isInTrouble(state) || state === 'degraded'),
    };
  }

  /** How many of the provider's keys can serve at least one of the models that were called within the hour. */
  usableKeys(pool: KeyPool): number {
    return usableKeys(pool, this.#modelsOf(pool.provider), this.clock.now());
  }

  #isListed(pool: KeyPool): boolean {
    const now = this.clock.now();
    return (
      pool.size > 0 || pool.pauseAt(now) !== undefined || isCalled(this.#watch(pool.provider).facts.lastCallAt, now)
    );
  }

  #modelsOf(provider: string): readonly (string | undefined)[] {
    const models = this.#watch(provider).facts.models();
    return models.length === 0 ? ANY_MODEL : models;
  }

  #judge(pool: KeyPool): ProviderHealth {
    const { provider } = pool;
    const now = this.clock.now();
    const watch = this.#watch(provider);
    const { lastCallAt, lastFailure } = watch.facts;
    const { calls, failures } = watch.facts.window();
    const keys = keyAvailability(pool, this.#modelsOf(provider), now);
    const breaker = pool.breakerStatus(now);
    const assessment = providerState({
      provider,
      now,
      calls,
      failures,
      lastFailure,
      lastCallAt,
      startedAt: this.#startedAt,
      keys,
      breaker,
      removalsDoubted: pool.doubtsRemovals(now),
      pause: pool.pauseAt(now),
      storeAway: this.#storeAway(),
    });
    const since = watch.saw(assessment, now);
    const { unserved } = keys;
    const isHeldBack = breaker.state !== 'closed';
    const template = this.pools.templateOf(provider);
    return {
      ...assessment,
      ...{ provider, since, calls, failures, unserved, isHeldBack, template },
      isCalled: isCalled(lastCallAt, now),
    };
  }

  #storeAway(): ProviderSituation['storeAway'] {
    if (this.store.status() === 'up') return undefined;
    return { kind: this.options.store.kind, since: this.store.awaySince };
  }

  #lookIn(ms: number): void {
    if (!this.#closed) this.#cancel ??= this.clock.after(ms, () => this.#look(), false);
  }

  #look(): void {
    this.#cancel = undefined;
    const now = this.clock.now();
    for (const health of this.all()) {
      const watch = this.#watch(health.provider);
      const event = watch.announcement(health, now);
      if (event) this.pools.providerChanged(event);
      this.#lookAtKeys(health, watch.isTroubled, now);
      const { lastCallAt } = watch.facts;
      const isBusy = lastCallAt !== undefined && now - lastCallAt <= WINDOW_MS;
      if (isBusy || watch.isTroubled || (health.isCalled && isInTrouble(health.state))) this.#lookIn(AGAIN_MS);
    }
  }

  /** That no key is left of a provider that is called was said already, as its trouble. */
  #lookAtKeys({ provider, state }: ProviderHealth, isTroubled: boolean, now: number): void {
    const minimum = this.options.minimumUsableKeys;
    const usableKeys = keysBelow(minimum, this.pools.pool(provider)!);
    if (usableKeys === undefined) {
      this.#low.delete(provider);
      return;
    }
    if (this.#low.has(provider)) return;
    this.#low.add(provider);
    if (isTroubled && usableKeys === 0) return;
    const left = usableKeys === 0 ? 'no key' : usableKeys === 1 ? 'one key' : `${usableKeys} keys`;
    const reason = `${provider} has ${left} left in its pool, and is to have ${minimum}.`;
    const subject = { type: 'usable_keys_low', provider, at: new Date(now), by: 'time', state, reason } as const;
    this.pools.providerChanged({ ...subject, usableKeys, minimum });
  }

  #watch(provider: string): ProviderWatch {
    return getOrCreate(this.#watches, provider, () => new ProviderWatch(provider, () => this.clock.now()));
  }
}
