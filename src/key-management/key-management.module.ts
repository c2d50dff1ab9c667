import { randomUUID } from 'node:crypto';
import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { AnalyticsService } from './analytics/analytics.service';
import { EventArchiveService } from './analytics/event-archive.service';
import { EventLog } from './analytics/event-log';
import { SeriesService } from './analytics/series.service';
import { systemClock, type Clock } from './clock';
import { ConfigurationService } from './configuration/configuration.service';
import { resolveOptions } from './configuration/resolve-options';
import type { ResolvedOptions } from './configuration/resolved-options';
import { ManagedFetchService } from './execution/managed-fetch/managed-fetch.service';
import { RetryExecutorService } from './execution/retry-executor.service';
import { CheckLeadership } from './health/check-leadership';
import { HealthCheckJob } from './health/health-check.job';
import { HealthCheckService } from './health/health-check.service';
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
} from './key-management.constants';
import { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } from './key-management.module-definition';
import type {
  KeyManagementModuleAsyncOptions,
  KeyManagementModuleOptions,
  KeyManagementOptions,
} from './key-management.options';
import { KeyManagerService } from './key-manager.service';
import { KeyLogService } from './logging/key-log.service';
import { KeyPoolService } from './pool/key-pool.service';
import { StartupService } from './startup.service';
import { PersistenceService } from './store/persistence.service';
import { builtInCheckers } from './vendors/built-in-checkers';
import { HealthCheckerRegistry } from './vendors/health-checker.registry';

const SETTINGS: Provider[] = [
  { provide: CLOCK, useValue: systemClock },
  { provide: RANDOM, useValue: Math.random },
  { provide: INSTANCE_ID, useFactory: () => randomUUID() },
  {
    provide: RESOLVED_OPTIONS,
    inject: [MODULE_OPTIONS_TOKEN],
    useFactory: (options: KeyManagementOptions) => resolveOptions(options),
  },
  {
    provide: BUILT_IN_CHECKERS,
    inject: [RESOLVED_OPTIONS, CLOCK],
    useFactory: (options: ResolvedOptions, clock: Clock) => builtInCheckers(options, clock),
  },
  ConfigurationService,
  PersistenceService,
  { provide: STORE_HEALTH, useExisting: PersistenceService },
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
  EventLog,
  EventArchiveService,
  KeyLogService,
  AnalyticsService,
  SeriesService,
  HealthCheckService,
  HealthSweepService,
  KeyIntakeService,
  CheckLeadership,
  ProviderHealthService,
  HealthCheckJob,
  StartupService,
];

/** Pools of AI vendor keys for a Nest app. Import it once, in the root module. */
@Module({
  imports: [DiscoveryModule, TerminusModule],
  providers: [...SETTINGS, ...PUBLIC, ...INTERNAL],
  exports: [...PUBLIC, RESOLVED_OPTIONS],
})
export class KeyManagementModule extends ConfigurableModuleClass {
  /** With nothing, all settings come from the environment. */
  static override forRoot(options: KeyManagementModuleOptions = {}): DynamicModule {
    return super.forRoot(options);
  }

  /** `isGlobal` and `admin` stand beside the factory, not in what it returns: they must be known while modules are scanned. */
  static override forRootAsync(options: KeyManagementModuleAsyncOptions): DynamicModule {
    return super.forRootAsync(options);
  }
}
