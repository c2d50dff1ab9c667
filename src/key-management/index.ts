import './node-version';
export { KeyManagementModule } from './key-management.module';
export { MODULE_OPTIONS_TOKEN as KEY_MANAGEMENT_OPTIONS } from './key-management.module-definition';
export {
  CLOCK,
  HEALTH_CHECK_JOB,
  RANDOM,
  RESOLVED_OPTIONS,
  STORE_HEALTH,
  type StoreHealth,
} from './key-management.constants';
export type {
  AdminSettings,
  ErrorClassificationMode,
  KeyManagementExtras,
  KeyManagementModuleAsyncOptions,
  KeyManagementModuleOptions,
  KeyManagementOptions,
  KeyManagementOptionsFactory,
  KeyStoreKind,
  KeyStoreOptions,
  MetricsSettings,
  ProviderOptions,
  WebhookOptions,
} from './configuration/key-management.options';
export type { KeySource, KeySourceRequest } from './configuration/key-source';
export { keysFromDirectory, type DirectoryOptions } from './sources/directory';
export { keysFromEnvFile, keysFromFile, type EnvFileOptions, type FileOptions } from './sources/env-file';
export { keysFromUrl, type UrlOptions } from './sources/url';
export type { Clock, Random } from './common/clock';
export { KeyManagementConfigurationError } from './configuration/resolve-options';
export type { Configuration } from './configuration/configuration.service';
export type { GivenKey as ResolvedKey } from './configuration/given-key';
export type { ResolvedOptions, ResolvedProvider, ResolvedStore } from './configuration/resolved-options';
export type { ResolvedWebhook } from './configuration/webhook-options';
export type { Hidden, SecretText } from './common/secret-text';
export type {
  Audience,
  Json,
  KeyStore,
  ReadChanges,
  Register,
  StoreChange,
  StoredDocument,
  StoreWatcher,
} from './store/port/key-store';
export { StoreError, type StoreErrorCode } from './store/port/store-error';
export { logFieldsOf } from './common/log-line';

export { KeyManagerService } from './key-manager.service';
export type { AddKeysResult, KeyVerdict } from './health/key-intake.service';
export type { CheckedKey, HealthCheckReport } from './health/health-sweep.service';
export type {
  ComprehensiveStatus,
  KeyStatusEntry,
  ProviderAnalytics,
  ProviderStatus,
  RecentEvent,
  SystemInfo,
  TimelineEntry,
} from './analytics/documents';

export { KeyPoolHealthIndicator, type KeyPoolHealthOptions } from './health/key-pool.health-indicator';
export { ProviderHealthIndicator, type ProviderHealthOptions } from './health/provider.health-indicator';
export { KeyStoreHealthIndicator } from './health/key-store.health-indicator';

export { KeyMetricsService } from './metrics/key-metrics.service';

export { KeyManagementExceptionFilter } from './admin/api-exception.filter';
export { EventStreamService } from './admin/stream/event-stream.service';
export { keyManagementDocument, setupKeyManagementDocs, type OpenApiDocument } from './admin/docs';
export { isKeyManagementRoute, KEY_MANAGEMENT_ROUTE } from './admin/routes/module-controller.decorator';
export type { IndicatorResult } from './health/health-result';

export { KeyPoolService } from './pool/key-pool.service';
export type { OpenedPool, OpenPoolOptions } from './pool/opened-pools';
export type { KeyInput, KeyOrigin, KeyUpdate, LeaseOptions } from './pool/key/key-input';
export type { KeyToken } from './pool/key/key-tokens';
export type { Budget, BudgetScope, BudgetThreshold, BudgetUnit } from './pool/limits/budget';
export type { KeyLimits } from './pool/limits/hard-limits';
export type { KeyLease } from './pool/key-lease';
export type { BudgetSnapshot, KeySnapshot, RunOutRange } from './pool/key/key-snapshot';
export type { UsageTotals } from './pool/key/key-usage';
export type { PriceOptions } from './usage/price-book';
export type { Usage } from './usage/usage';
export type { UsageFields } from './vendors/contract/usage';
export type {
  BudgetThresholdEvent,
  ChangedBy,
  HeardKeyEvent,
  KeyChangeEvent,
  KeyEvent,
  KeyEventType,
  KeysChangedEvent,
  ProviderEvent,
  ProviderPausedEvent,
  ProviderResumedEvent,
  ProviderState,
  RemovalsDoubtedEvent,
  RunsOutEvent,
} from './pool/key-events';
export { KEY_STATUSES, type KeyStatus } from './pool/key/key-state';
export type { SettledOutcome } from './pool/state/settlement';
export { keyIdOf, maskKey, type ApiKey } from './pool/key/api-key';

export { OnKeyEvent } from './events/on-key-event';
export { InjectManagedFetch } from './execution/managed-fetch/inject-managed-fetch';
export {
  ManagedFetchService,
  type ManagedFetch,
  type ManagedFetchOptions,
} from './execution/managed-fetch/managed-fetch.service';
export { RetryExecutorService } from './execution/retry-executor.service';
export type { FallbackChoice } from './execution/fallback';
export type {
  CallContext,
  CallAffinity,
  ExecuteOptions,
  ExecutionReport,
  ExecutionResult,
  ManagedCall,
} from './execution/execution.types';
export {
  AttemptsExhaustedError,
  CallRejectedError,
  CancelledError,
  DeadlineExceededError,
  KeyManagementError,
  NoHealthyKeysError,
  StoreUnavailableError,
  UnknownKeyError,
  UnknownProviderError,
  type AttemptReport,
  type KeyManagementErrorCode,
} from './errors';

export {
  BaseHealthChecker,
  type HealthResult,
  type ProbeContext,
  type ProbeDepth,
} from './checkers/base-health-checker';
export type { FormatVerdict } from './checkers/key-format';
export { HealthChecker } from './checkers/health-checker.decorator';
export { HealthCheckerRegistry } from './checkers/health-checker.registry';
export { StatusTableHealthChecker } from './checkers/status-table.health-checker';

export {
  CONSEQUENCES,
  OUTCOMES,
  type Consequence,
  type Fault,
  type KeyAction,
  type Outcome,
  type RetryAdvice,
  type Scope,
} from './vendors/contract/outcome';
export type { Classification, DecidedBy } from './classification/classification';
export type { StatedWait, VendorError } from './classification/evidence/vendor-error';
export { vendorErrorFrom, type EvidenceContext } from './classification/evidence/error-evidence';
export { defineVendor } from './vendors/define-vendor';
export type { BoundIds, BoundKind, TellingCall } from './vendors/contract/bound-ids';
export type {
  Credential,
  DeepProbe,
  KeyFormat,
  LightProbe,
  ProbeProof,
  RateLimits,
  VendorProfile,
  WireFormat,
} from './vendors/contract/profile';
export type { HeaderView, RateLimitReader, RateLimitReading } from './vendors/contract/rate-limits';
export type { Condition, EvidenceRule, Phase } from './vendors/contract/rule';
