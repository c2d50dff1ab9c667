// Uses every export with inferred types, so that TypeScript must be able to name each of them from outside. Types of other packages are
// written out: in a linked layout TypeScript cannot name a package that the file does not import.
import { Inject, Injectable, Module, type ExecutionContext, type INestApplication } from '@nestjs/common';
import type { Observable } from 'rxjs';
import * as keys from 'nestjs-ai-key-management';
import type {
  AddKeysResult,
  AdminSettings,
  ApiKey,
  AttemptReport,
  CallContext,
  ChangedBy,
  CheckedKey,
  Clock,
  ComprehensiveStatus,
  Configuration,
  DirectoryOptions,
  EnvFileOptions,
  ErrorClassificationMode,
  Budget,
  BudgetScope,
  BudgetSnapshot,
  BudgetThreshold,
  BudgetThresholdEvent,
  BudgetUnit,
  CallAffinity,
  ExecuteOptions,
  ExecutionReport,
  ExecutionResult,
  FallbackChoice,
  FileOptions,
  HealthCheckReport,
  Hidden,
  IndicatorResult,
  KeyChangeEvent,
  KeyEvent,
  KeyEventType,
  KeyInput,
  KeyLease,
  KeyLimits,
  KeyToken,
  KeyManagementErrorCode,
  KeyManagementExtras,
  KeyManagementModuleAsyncOptions,
  KeyManagementModuleOptions,
  KeyManagementOptions,
  KeyManagementOptionsFactory,
  KeyOrigin,
  KeyPoolHealthOptions,
  KeySnapshot,
  KeySource,
  KeySourceRequest,
  KeyStatus,
  KeyStatusEntry,
  KeyStoreKind,
  KeyStoreOptions,
  KeysChangedEvent,
  KeyUpdate,
  OpenedPool,
  OpenPoolOptions,
  KeyVerdict,
  LeaseOptions,
  ManagedCall,
  ManagedFetch,
  ManagedFetchOptions,
  MetricsSettings,
  OpenApiDocument,
  PriceOptions,
  ProviderAnalytics,
  ProviderEvent,
  ProviderPausedEvent,
  ProviderResumedEvent,
  RemovalsDoubtedEvent,
  ProviderHealthOptions,
  ProviderOptions,
  ProviderState,
  ProviderStatus,
  Random,
  RecentEvent,
  ResolvedKey,
  ResolvedOptions,
  ResolvedProvider,
  ResolvedStore,
  ResolvedWebhook,
  RunOutRange,
  RunsOutEvent,
  SecretText,
  SettledOutcome,
  StoreErrorCode,
  StoreHealth,
  SystemInfo,
  TimelineEntry,
  UrlOptions,
  WebhookOptions,
  Usage,
  UsageFields,
  UsageTotals,
} from 'nestjs-ai-key-management';

const limits: KeyLimits = {
  concurrency: 2,
  requestsPerMinute: 60,
  tokensPerMinute: 1_000,
  requestsPerDay: 500,
  tokensPerDay: 9_000,
};
const scope: BudgetScope = 'account';
const budgets: Budget[] = [{ usd: 10, per: 'month', timeZone: 'Europe/Paris', scope }];
const token: KeyToken = { key: 'ya29.x', expiresAt: new Date(0) };
export const tokens: KeyInput = { key: () => Promise.resolve(token), id: 'vertex' };
const input: KeyInput = {
  id: 'team.a_b-1',
  key: 'sk-x',
  label: 'a',
  weight: 2,
  tier: 1,
  quotaGroup: 'g',
  models: ['m'],
  limits,
  budgets,
};
const mode: ErrorClassificationMode = 'evidence';
const kind: KeyStoreKind = 'file';
const store: KeyStoreOptions = { kind, path: './data', url: 'u', credentials: '{}', encryptionSecret: 's' };
const provider: ProviderOptions = {
  keys: ['sk-y', input],
  baseUrl: 'https://x',
  probeModel: 'm',
  compatibleWith: 'openai',
  budgets,
  discoverAccounts: false,
  spillAfterMs: 100,
  maxAccountsAsked: 4,
  affinityMaxWaitMs: 500,
};
const admin: AdminSettings = {
  path: 'keys',
  health: 'key-health',
  metrics: false,
  dashboard: true,
  authorize: (request, role) => request !== undefined && role === 'viewer',
  guards: [],
};
const metrics: MetricsSettings = { perKey: true };
const extras: KeyManagementExtras = { isGlobal: false, admin, metrics };
const options: KeyManagementOptions = {
  providers: { openai: provider },
  maxRetries: 1,
  healthCheckIntervalMinutes: 5,
  healthCheckDepth: 'light',
  errorClassification: mode,
  backoff: { initialMs: 1, maxMs: 2 },
  startupCheckTimeoutMs: 1,
  drainTimeoutMs: 1,
  minimumUsableKeys: 2,
  failedCalls: { keep: 100 },
  store,
  adminToken: 'a',
  viewerToken: 'v',
};
const moduleOptions: KeyManagementModuleOptions = { ...options, ...extras };

@Injectable()
class Settings implements KeyManagementOptionsFactory {
  createKeyManagementOptions(): KeyManagementOptions {
    return options;
  }
}
const asyncOptions: KeyManagementModuleAsyncOptions = { useClass: Settings, admin: true };

@Module({
  imports: [
    keys.KeyManagementModule.forRoot(moduleOptions),
    keys.KeyManagementModule.forRootAsync(asyncOptions),
    keys.KeyManagementModule.forRootAsync({ inject: ['A'], useFactory: (a: string) => ({ adminToken: a }) }),
  ],
})
export class SurfaceModule {}

@Injectable()
export class Tokens {
  constructor(
    @Inject(keys.RESOLVED_OPTIONS) readonly options: ResolvedOptions,
    @Inject(keys.CLOCK) readonly clock: Clock,
    @Inject(keys.RANDOM) readonly random: Random,
    @Inject(keys.STORE_HEALTH) readonly health: StoreHealth,
    @Inject(keys.KEY_MANAGEMENT_OPTIONS) readonly given: KeyManagementOptions,
  ) {}
  facts() {
    const { store: resolved, providers, adminToken } = this.options;
    return { resolved, providers, adminToken, now: this.clock.now(), chance: this.random(), up: this.health.status() };
  }
}
export const resolvedWebhook = ({ url, secret }: ResolvedWebhook): SecretText[] => [url, secret];
export const resolved = (store: ResolvedStore, provider: ResolvedProvider) => {
  const secret: SecretText | undefined = store.url;
  const redis: Hidden<object> | undefined = store.redis;
  const [first]: readonly ResolvedKey[] = provider.keys;
  const key: ApiKey | undefined = first?.key;
  return { secret, redis, key };
};
export const codeOf = (error: keys.StoreError): StoreErrorCode => error.code;
export const jobName = keys.HEALTH_CHECK_JOB;
export const fields: Record<string, string | number> | undefined = keys.logFieldsOf('attempt key=x');

export const managed = (manager: keys.KeyManagerService) => ({
  added: (): Promise<AddKeysResult> => manager.addNewKeys('openai', ['k', input]),
  initialized: () => manager.initializeKeys('openai', [input]),
  status: (): ComprehensiveStatus => manager.getComprehensiveStatus(),
  analytics: (): ProviderAnalytics => manager.getProviderAnalytics('openai'),
  checked: (): Promise<HealthCheckReport> => manager.forceHealthCheck(),
  configured: (): Promise<Configuration> => manager.updateConfiguration({ maxRetries: 2 }),
});
export const parts = (status: ComprehensiveStatus, analytics: ProviderAnalytics, report: HealthCheckReport) => {
  const system: SystemInfo = status.system_info;
  const pool: ProviderStatus | undefined = status.key_pools.providers['openai'];
  const entry: KeyStatusEntry | undefined = pool?.keys[0];
  const [minute]: TimelineEntry[] = analytics.timeline;
  const [event]: RecentEvent[] = analytics.recent_events;
  const [key]: CheckedKey[] = report.keys;
  return { system, entry, minute, event, key };
};
const directory: DirectoryOptions = { name: 'mounted', refreshMs: 1_000 };
const envFile: EnvFileOptions = { variable: 'OPENAI_API_KEYS', ...directory };
const file: FileOptions = directory;
const url: UrlOptions = { headers: () => ({ authorization: 'Bearer t' }), allowHttp: false, maxBytes: 1 };
const customersPool: OpenPoolOptions = { like: 'openai', keys: ['sk-customer'], tenant: 'A customer' };
export const openCustomersPool = (pools: keys.KeyPoolService): Promise<OpenedPool> =>
  pools.openPool('customer-17', customersPool);

const ownSource: KeySource = {
  read: ({ provider, signal }: KeySourceRequest) => Promise.resolve(signal.aborted ? [] : [provider, input]),
  watch: (told) => {
    told();
    return () => undefined;
  },
};
export const sources: KeySource[] = [
  ownSource,
  keys.keysFromDirectory('keys', directory),
  keys.keysFromEnvFile('.env', envFile),
  keys.keysFromFile('key', file),
  keys.keysFromUrl('https://keys.example', url),
];
export const verdictOf = (verdict: KeyVerdict) => verdict.verdict;

export const pooled = (pool: keys.KeyPoolService) => {
  const leaseOptions: LeaseOptions = { model: 'm', exclude: new Set(['id']) };
  const settled: SettledOutcome = { outcome: 'rate_limited', retryAfterMs: 5 };
  const lease: KeyLease | undefined = pool.lease('openai', leaseOptions);
  lease?.settle(settled);
  const update: KeyUpdate = { label: 'b', weight: 1, limits, budgets, expiresAt: new Date() };
  const snapshots: KeySnapshot[] = pool.list();
  const budget: BudgetSnapshot | undefined = snapshots[0]?.budgets[0];
  const unit: BudgetUnit | undefined = budget?.unit;
  const range: RunOutRange | undefined = budget?.runsOutBetween;
  const origin: KeyOrigin | undefined = snapshots[0]?.origin;
  const status: KeyStatus | undefined = pool.get('openai', 'id')?.status;
  const events$: Observable<KeyEvent> = pool.events$;
  return { updated: pool.update('openai', 'id', update), events$, origin, status, unit, range };
};
export const told = (event: KeyEvent): [KeyEventType, ChangedBy, KeyStatus | undefined] => [
  event.type,
  event.by,
  event.type === 'status_changed' ? event.to : undefined,
];
export const changed = (
  event: KeyEvent,
): KeyChangeEvent | ProviderState | RemovalsDoubtedEvent['type'] | Date | number | undefined => {
  if (event.type === 'removals_doubted') return doubted(event);
  if (event.type === 'runs_out') return endOf(event);
  if (event.type === 'provider_paused') return pausedUntil(event);
  if (event.type === 'provider_resumed') return pausedSince(event);
  if (event.type === 'keys_changed') return changedKeys(event);
  if (event.type === 'budget_threshold') return reached(event);
  return 'state' in event ? stateIn(event) : event;
};
const endOf = (event: RunsOutEvent): Date => event.runsOutAt;
const webhook: WebhookOptions = {
  url: 'https://example.com',
  secret: 'whsec_AAAA',
  events: ['key_removed', 'runs_out'],
};
export const alerting: KeyManagementModuleOptions = { webhook };
const reached = (event: BudgetThresholdEvent): BudgetThreshold => event.percent;
const doubted = (event: RemovalsDoubtedEvent): RemovalsDoubtedEvent['type'] => event.type;
const pausedUntil = (event: ProviderPausedEvent): Date | undefined => event.until;
const pausedSince = (event: ProviderResumedEvent): Date => event.since;
const changedKeys = (event: KeysChangedEvent): number => event.count;
export const pausing = (pool: keys.KeyPoolService): Promise<void>[] => [
  pool.pause('openai', { until: new Date() }),
  pool.resume('openai'),
];
const stateIn = (event: ProviderEvent): ProviderState => event.state;
export const named = [keys.keyIdOf('k'), keys.maskKey('k'), ...keys.KEY_STATUSES];

const affinity: CallAffinity = { id: 'conversation', hard: false };
const executeOptions: ExecuteOptions = {
  maxRetries: 1,
  timeoutMs: 1,
  attemptTimeoutMs: 1,
  maxWaitMs: 1,
  model: 'm',
  affinity,
};
const call: ManagedCall<number> = ({ apiKey, attempt }: CallContext) => Promise.resolve(apiKey.length + attempt);
export const called = async (executor: keys.RetryExecutorService) => {
  const result: ExecutionResult<number> = await executor.execute('openai', call, executeOptions);
  const report: ExecutionReport = result;
  const choice: FallbackChoice<number> = { provider: 'openai', call, options: executeOptions };
  const first = await executor.executeFirst([choice]);
  const sum: number = result.success ? result.response : result.error.attempts.length;
  return { report, first, sum, thrown: await executor.executeOrThrow('openai', call), inFlight: executor.inFlight };
};
/** For apps that wait for open requests before they end. */
export const endStreams = (streams: keys.EventStreamService): void => streams.end();

export const fetched = (service: keys.ManagedFetchService): ManagedFetch => {
  const fetchOptions: ManagedFetchOptions = {
    ...executeOptions,
    affinity: 'conversation',
    firstByteTimeoutMs: 1,
    idleTimeoutMs: 1,
    onReport: ({ affinity: where, attempts }) => console.log(where === 'moved', attempts.length),
  };
  return service.for('openai', fetchOptions);
};
export function failed(error: unknown): KeyManagementErrorCode | undefined {
  if (error instanceof keys.NoHealthyKeysError) return error.counts.healthy === 0 ? error.code : undefined;
  const kinds = [keys.AttemptsExhaustedError, keys.CallRejectedError, keys.CancelledError, keys.DeadlineExceededError];
  const known = [...kinds, keys.UnknownKeyError, keys.UnknownProviderError].some((each) => error instanceof each);
  if (error instanceof keys.StoreUnavailableError) return error.applied && error.willBeWritten ? error.code : undefined;
  if (error instanceof keys.KeyManagementConfigurationError) throw new Error(error.problems.join());
  const trail: readonly AttemptReport[] = error instanceof keys.KeyManagementError ? error.attempts : [];
  return known && trail.length > 0 && error instanceof keys.KeyManagementError ? error.code : undefined;
}

export const indicated = (
  pool: keys.KeyPoolHealthIndicator,
  vendors: keys.ProviderHealthIndicator,
  shelf: keys.KeyStoreHealthIndicator,
): IndicatorResult[] => {
  const health: KeyPoolHealthOptions = { minimum: 1, providers: 'any' };
  const trouble: ProviderHealthOptions = { trouble: 'degraded' };
  return [pool.check('keys', health), vendors.check('vendors', trouble), shelf.check('store')];
};
type Metrics = keys.KeyMetricsService;
export const measured = (service: Metrics): [Metrics['registry'], Promise<string>] => [
  service.registry,
  service.text(),
];
export const documented = (app: INestApplication): OpenApiDocument => {
  keys.setupKeyManagementDocs(app, 'docs');
  return keys.keyManagementDocument(app);
};
export const passes = (context: ExecutionContext): [boolean, string] => [
  keys.isKeyManagementRoute(context),
  keys.KEY_MANAGEMENT_ROUTE,
];
export class Filter extends keys.KeyManagementExceptionFilter {}

export const price: PriceOptions = { inputUsdPerMillion: 1, outputUsdPerMillion: 2 };
export const counted: UsageFields = { places: ['billing'], input: ['in'], cost: ['cents'], costUnitsPerUsd: 100 };
export const usedBy = (pool: keys.KeyPoolService): UsageTotals | undefined => pool.get('openai', 'id')?.usage;
export const reporting: ManagedCall<string> = (context) => {
  const usage: Usage = {
    inputTokens: 1,
    outputTokens: 2,
    cachedInputTokens: 0,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
  };
  context.reportUsage(usage);
  return Promise.resolve('reported');
};
