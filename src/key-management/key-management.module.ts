import { randomUUID } from 'node:crypto';
import { Module, Optional, type DynamicModule, type NestModule, type Provider } from '@nestjs/common';
import { HostRoutesService } from './admin/routes/host-routes.service';
import { DiscoveryModule, ModulesContainer } from '@nestjs/core';
import { AnalyticsService } from './analytics/analytics.service';
import { BalancesService } from './alerts/balances.service';
import { ForecastService } from './alerts/forecast.service';
import { WebhookService } from './alerts/webhook.service';
import { EventArchiveService } from './events/event-archive.service';
import { EventLog } from './events/event-log';
import { ModelCallsService } from './analytics/model-calls.service';
import { SeriesService } from './analytics/series/series.service';
import { systemClock, type Clock } from './common/clock';
import { ConfigurationService } from './configuration/configuration.service';
import { KeyManagementConfigurationError, resolveOptions } from './configuration/resolve-options';
import type { ResolvedOptions } from './configuration/resolved-options';
import { openOptions } from './configuration/sealed-options';
import { BoundObjectsService } from './execution/affinity/bound-objects.service';
import { ManagedFetchService } from './execution/managed-fetch/managed-fetch.service';
import { RetryExecutorService } from './execution/retry-executor.service';
import { CheckLeadership } from './health/check-leadership';
import { HealthCheckJob } from './health/health-check.job';
import { HealthCheckService } from './health/health-check.service';
import { HealthCheckTimer } from './health/health-check-timer.service';
import { KeySourcesService } from './health/key-sources.service';
import { SourceChangesService } from './health/source-changes.service';
import { KeyExpiryService } from './health/key-expiry.service';
import { KeyTokensService } from './health/key-tokens.service';
import { PoolOpeningService } from './health/pool-opening.service';
import { PromptProbes } from './health/prompt-probes.service';
import { HealthSweepService } from './health/health-sweep.service';
import { KeyIntakeService } from './health/key-intake.service';
import { KeyPoolHealthIndicator } from './health/key-pool.health-indicator';
import { ProviderHealthIndicator } from './health/provider.health-indicator';
import { ProviderHealthService } from './health/provider-health.service';
import { KeyStoreHealthIndicator } from './health/key-store.health-indicator';
import {
  BUILT_IN_CHECKERS,
  CLOCK,
  INSTANCE_ID,
  RANDOM,
  RESOLVED_OPTIONS,
  STORE_HEALTH,
  VENDOR_ACCESS,
} from './key-management.constants';
import { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } from './key-management.module-definition';
import type {
  KeyManagementModuleAsyncOptions,
  KeyManagementModuleOptions,
  KeyManagementOptions,
} from './configuration/key-management.options';
import { KeyManagerService } from './key-manager.service';
import { KeyListenersService } from './events/key-listeners.service';
import { KeyLogService } from './events/key-log.service';
import { KeyPoolService } from './pool/key-pool.service';
import { bareImport, KEY_MANAGEMENT_MODULE, refuseSecondImport } from './single-import';
import { StartupService } from './health/startup-check.service';
import { PersistenceService } from './store/persistence.service';
import { builtInCheckers } from './checkers/built-in-checkers';
import { HealthCheckerRegistry } from './checkers/health-checker.registry';

const SETTINGS: Provider[] = [
  { provide: CLOCK, useValue: systemClock },
  { provide: RANDOM, useValue: Math.random },
  // A factory, since Nest lets no factory take the place of a value in tests.
  { provide: VENDOR_ACCESS, useFactory: () => ({}) },
  { provide: INSTANCE_ID, useFactory: () => randomUUID() },
  {
    provide: RESOLVED_OPTIONS,
    inject: [ModulesContainer, { token: MODULE_OPTIONS_TOKEN, optional: true }],
    useFactory: (modules: ModulesContainer, options?: KeyManagementOptions) => {
      refuseSecondImport(modules);
      if (options === undefined) throw bareImport();
      return resolveOptions(openOptions(options));
    },
  },
  {
    provide: BUILT_IN_CHECKERS,
    inject: [RESOLVED_OPTIONS, CLOCK],
    useFactory: (options: ResolvedOptions, clock: Clock) => builtInCheckers(options, clock),
  },
  ConfigurationService,
  PersistenceService,
  { provide: STORE_HEALTH, useFactory: ({ link }: PersistenceService) => link.state, inject: [PersistenceService] },
];

const PUBLIC: Provider[] = [
  KeyManagerService,
  KeyPoolService,
  HealthCheckerRegistry,
  RetryExecutorService,
  ManagedFetchService,
  KeyPoolHealthIndicator,
  ProviderHealthIndicator,
  KeyStoreHealthIndicator,
];

const INTERNAL: Provider[] = [
  BoundObjectsService,
  EventLog,
  EventArchiveService,
  KeyLogService,
  KeyListenersService,
  AnalyticsService,
  SeriesService,
  ModelCallsService,
  HealthCheckService,
  HealthSweepService,
  KeyIntakeService,
  CheckLeadership,
  ProviderHealthService,
  HealthCheckJob,
  HealthCheckTimer,
  PromptProbes,
  PoolOpeningService,
  KeyTokensService,
  KeyExpiryService,
  BalancesService,
  ForecastService,
  WebhookService,
  SourceChangesService,
  KeySourcesService,
  StartupService,
];

const MODULE = 'KeyManagementModule';
const WAYS = ['useFactory', 'useClass', 'useExisting'] as const;

/** Pools of AI vendor keys for a Nest app. Import it once, in the root module. */
@Module({
  imports: [DiscoveryModule],
  providers: [...SETTINGS, ...PUBLIC, ...INTERNAL],
  exports: [...PUBLIC, RESOLVED_OPTIONS],
})
export class KeyManagementModule extends ConfigurableModuleClass implements NestModule {
  /** @internal */
  static readonly [KEY_MANAGEMENT_MODULE] = true;

  /** `hostRoutes` is undefined without the HTTP API. */
  constructor(@Optional() private readonly hostRoutes?: HostRoutesService) {
    super();
  }

  /** Nest calls it to configure middleware; here it is used as the last moment before routes are mounted. @internal */
  configure(): void {
    this.hostRoutes?.giveWay();
  }

  /** With nothing, all settings come from the environment. @throws KeyManagementConfigurationError for a wrong `admin` */
  static override forRoot(options: KeyManagementModuleOptions = {}): DynamicModule {
    mustBeObject(options, 'forRoot', 'the options');
    return super.forRoot(options);
  }

  /**
   * `isGlobal`, `admin` and `metrics` stand beside the factory, not in what it returns: they must be known while modules are scanned.
   * @throws KeyManagementConfigurationError for a wrong `admin`, and where not exactly one of `useFactory`, `useClass` and `useExisting` is given
   */
  static override forRootAsync(options: KeyManagementModuleAsyncOptions): DynamicModule {
    mustBeObject(options, 'forRootAsync', 'an object');
    const given = WAYS.filter((way) => options[way] !== undefined);
    if (given.length !== 1 || typeof options[given[0]!] !== 'function') {
      throw new KeyManagementConfigurationError([
        `${MODULE}.forRootAsync: needs exactly one of useFactory, useClass and useExisting, a function or class; ${given.join(' and ') || 'none of them'} is given. Without any, use ${MODULE}.forRoot().`,
      ]);
    }
    return super.forRootAsync(options);
  }
}

function mustBeObject(options: unknown, method: string, what: string): void {
  if (typeof options === 'object' && options !== null) return;
  throw new KeyManagementConfigurationError([`${MODULE}.${method}: must be given ${what}.`]);
}
