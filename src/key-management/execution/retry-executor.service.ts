import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationShutdown } from '@nestjs/common';
import type { Clock, Random } from '../common/clock';
import { ConfigurationService } from '../configuration/configuration.service';
import type { ResolvedOptions } from '../configuration/resolved-options';
import { CallRejectedError, type AttemptReport, type KeyManagementError } from '../errors';
import { CLOCK, RANDOM, RESOLVED_OPTIONS, VENDOR_ACCESS } from '../key-management.constants';
import { logLine } from '../common/log-line';
import { OncePerTick } from '../common/once-per-tick';
import { endpointName } from '../pool/state/endpoint-name';
import { KeyPoolService } from '../pool/key-pool.service';
import { modelName } from '../pool/key/key-input';
import { HealthCheckerRegistry } from '../checkers/health-checker.registry';
import type { VendorAccess } from '../checkers/vendor-access';
import { CallTracer } from '../tracing/call-tracer';
import { GenAiPriceCatalog } from '../usage/genai-prices';
import { PriceBook } from '../usage/price-book';
import { UsageMeter } from '../usage/usage-meter';
import type { CallFollowers, ExecutionSettings, ProviderContext, RunOptions } from './execution-settings';
import { affinityTarget, hardIdOf } from './affinity/affinity-target';
import { CALLERS_OWN } from './affinity/bound-objects';
import { BoundObjectsService } from './affinity/bound-objects.service';
import { mostAsked } from './affinity/object-call';
import type { ExecuteOptions, ExecutionReport, ExecutionResult, ManagedCall } from './execution.types';
import { executionReport } from './attempt-report';
import { runCall } from './execution';
import { callEnd } from './failures/call-errors';
import { FailedCalls } from './failures/failed-calls';
import { choiceOptions, choicesFault, joined, mayFallBack, type FallbackChoice } from './fallback';
import { InFlight } from './waiting/in-flight';
import { callFault } from './option-rules';
import { booksOf, TokenEstimates } from './tokens/token-estimates';
import { Pauses } from './waiting/backoff';
import { RetryBudget } from './waiting/retry-budget';
import { TimeLimits } from './waiting/time-limits';
import { WaitQueue } from './waiting/wait-queue';

const NO_OPTIONS: RunOptions = Object.freeze({});

/** Calls vendors with the pool's keys: picks one, retries, rotates, and removes what proves dead. */
@Injectable()
export class RetryExecutorService implements BeforeApplicationShutdown, OnApplicationShutdown {
  readonly #logger = new Logger('KeyManagement');
  readonly #providers = new Map<string, ProviderContext>();
  /** Of pools that are being closed: their last calls still end. */
  readonly #closing = new Map<string, ProviderContext>();
  #latest: ProviderContext | undefined;
  readonly #inFlight: InFlight;
  readonly #prices: PriceBook;
  /** @internal */
  readonly settings: ExecutionSettings;
  /** @internal The latest failed calls; undefined where the option `failedCalls` is false. */
  readonly failedCalls: FailedCalls | undefined;

  constructor(
    private readonly pools: KeyPoolService,
    private readonly registry: HealthCheckerRegistry,
    configuration: ConfigurationService,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(CLOCK) clock: Clock,
    @Inject(RANDOM) random: Random,
    private readonly bound: BoundObjectsService,
    @Inject(VENDOR_ACCESS) vendors: VendorAccess = {},
  ) {
    this.#inFlight = new InFlight(clock);
    this.failedCalls = options.failedCalls ? new FailedCalls(options.failedCalls.keep) : undefined;
    this.#prices = new PriceBook(options.prices, new GenAiPriceCatalog(), clock);
    pools.usePrices(this.#prices);
    const tracer = new CallTracer((provider) => registry.vendor(provider).telemetryName);
    const followers = new OncePerTick<CallFollowers | undefined>(() => {
      const isLogged = Logger.isLevelEnabled('debug');
      if (!tracer.isOn && !isLogged) return undefined;
      return { tracer: tracer.isOn ? tracer : undefined, onAttempt: isLogged ? this.#logAttempt : undefined };
    });
    this.settings = {
      clock,
      random,
      limits: new TimeLimits(clock),
      bodies: new Set(),
      beginningsOf: (provider) => registry.vendor(provider).streamBeginning,
      estimatesOf: (provider) => this.#calledContext(provider).estimates,
      vendorFetch: vendors.fetch,
      meterOf: (provider) => this.#calledContext(provider).meter,
      backoff: options.backoff,
      maxRetries: () => configuration.current.maxRetries,
      onCallEnd: this.#countCall,
      followers: (now) => followers.at(now),
      onWait: (provider, ms) => pools.callWaited(provider, ms),
    };
    pools.setUpWith(({ provider, accounts }) => {
      accounts.vendorName = () => {
        const { name, pricesName } = registry.vendor(provider);
        if (pricesName !== undefined) this.#prices.listedAs(name, pricesName);
        return name;
      };
      accounts.meters.ofProvider = this.options.providers.get(provider)?.budgets ?? [];
    });
    pools.observe({
      keyFreed: (provider) => this.#usedContext(provider)?.queue.serve(),
      keyChanged: ({ provider }) => this.#usedContext(provider)?.queue.review(),
      pauseChanged: (provider) => this.#usedContext(provider)?.queue.review(),
      poolClosing: (provider) => this.#close(provider),
      callsUnderWay: (provider) => this.#usedContext(provider)?.calls.count ?? 0,
      poolCut: (provider) => endWaits(this.#closing.get(provider)),
      poolClosed: (provider) => {
        // Who got hold of it before it was closed, and calls only now.
        endWaits(this.#closing.get(provider));
        this.#closing.delete(provider);
      },
    });
  }

  /** Calls under way, and answers that are still on their way after their call. */
  get inFlight(): number {
    return this.#inFlight.count;
  }

  /**
   * Runs the call with a key of the provider, and again with others while that may help.
   * Never rejects for a failed call: the result says what happened, attempt by attempt. A call that is asked for wrongly (an unknown
   * option, a limit that is no number) fails with `CALL_REJECTED` before any attempt, and the error names the option.
   */
  execute<T>(provider: string, call: ManagedCall<T>, options?: ExecuteOptions): Promise<ExecutionResult<T>> {
    const fault = callFault(provider, call, options);
    if (fault !== undefined) return Promise.resolve(refused(provider, fault));
    const context = this.providerContext(provider);
    const hardId = hardIdOf(options?.affinity);
    if (context && hardId !== undefined) return this.#runBound(context, call, options!, hardId);
    if (context) return this.run(context, call, options === undefined ? NO_OPTIONS : withAffinity(options));
    return Promise.resolve(failedAtOnce(this.registry.unknownProvider(provider)));
  }

  /** The same for a call that belongs to the account in which the first call with this id succeeded. */
  async #runBound<T>(
    provider: ProviderContext,
    call: ManagedCall<T>,
    options: ExecuteOptions,
    id: string,
  ): Promise<ExecutionResult<T>> {
    const { pool } = provider;
    const own = { kind: CALLERS_OWN, id };
    const place = await this.bound.placeOf(pool, [own]);
    const notFound = this.registry.vendor(pool.provider).boundIds?.notFound;
    const most = mostAsked(this.options, pool.provider);
    const result = await this.run(provider, call, {
      ...options,
      affinity: place.kind === 'account' ? { kind: 'hard', account: place.account } : undefined,
      notFound,
      asksAround: place.kind === 'account' ? undefined : { most },
    });
    if (result.success) this.bound.bindNew(pool, [own], result.attempts.at(-1)!.keyId);
    return result;
  }

  /** @internal The same with a provider's context and options that were checked already. */
  run<T>(provider: ProviderContext, call: ManagedCall<T>, options: RunOptions): Promise<ExecutionResult<T>> {
    const terms = {
      provider,
      call,
      options: withTokens(bounded(options), provider.estimates),
      settings: this.settings,
    };
    this.#inFlight.enter();
    provider.calls.enter();
    provider.budget.called();
    return runCall(terms);
  }

  /**
   * Like `execute`, but gives the response itself.
   * @throws KeyManagementError
   */
  async executeOrThrow<T>(provider: string, call: ManagedCall<T>, options?: ExecuteOptions): Promise<T> {
    const result = await this.execute(provider, call, options);
    if (result.success) return result.response;
    throw result.error;
  }

  executeOpenAi<T>(call: ManagedCall<T>, options?: ExecuteOptions): Promise<ExecutionResult<T>> {
    return this.execute('openai', call, options);
  }

  executeAnthropic<T>(call: ManagedCall<T>, options?: ExecuteOptions): Promise<ExecutionResult<T>> {
    return this.execute('anthropic', call, options);
  }

  executeGoogle<T>(call: ManagedCall<T>, options?: ExecuteOptions): Promise<ExecutionResult<T>> {
    return this.execute('google', call, options);
  }

  /**
   * Tries the providers in order until one answers. Moves on when a provider has no key to offer, is exhausted, unknown, or rejects the
   * call for a reason of its own (region, configuration, model); ends at once at a fault of the caller's, when the time is over, or when cancelled.
   *
   * One deadline: `timeoutMs` and `signal` of the first choice bound all, those of the others are not used. One trail: the
   * attempts of all, each with its `provider`. Unless it states `maxWaitMs`, only the last choice waits for a key (10 s).
   * Choices that are asked for wrongly fail with `CALL_REJECTED` before any is tried.
   * @throws TypeError without any choice
   */
  async executeFirst<T>(choices: readonly FallbackChoice<T>[]): Promise<ExecutionResult<T>> {
    const fault = choicesFault(choices);
    if (fault !== undefined) return refused('', fault);
    const [first] = choices;
    if (!first) throw new TypeError('executeFirst needs at least one choice.');
    const results: ExecutionResult<T>[] = [];
    for (const { provider, call, options } of choices) {
      const elapsedMs = results.reduce((sum, { totalTimeMs }) => sum + totalTimeMs, 0);
      const isLast = results.length === choices.length - 1;
      const result = await this.execute(provider, call, choiceOptions(first.options, options, { isLast, elapsedMs }));
      results.push(result);
      if (result.success || !mayFallBack(result.error)) break;
    }
    return joined(results);
  }

  /** Resolves with true when no call is under way, or with false if calls still are after this time (milliseconds). Calls may still begin. */
  drain(timeoutMs: number): Promise<boolean> {
    return this.#inFlight.idle(timeoutMs);
  }

  /** Lets calls and answers under way end within `drainTimeoutMs`; then ends the answers, and calls that only wait. */
  async beforeApplicationShutdown(): Promise<void> {
    const { drainTimeoutMs } = this.options;
    if (await this.drain(drainTimeoutMs)) return;
    this.#logger.warn(
      `${this.inFlight} calls are still under way after ${drainTimeoutMs} ms; the app shuts down all the same.`,
    );
    // Their connections would keep the host's server from closing.
    for (const body of [...this.settings.bodies]) body.aborted(new DOMException('The app shuts down.', 'AbortError'));
  }

  onApplicationShutdown(): void {
    for (const context of [...this.#providers.values(), ...this.#closing.values()]) endWaits(context);
  }

  /** @internal What calls of the provider share; undefined for an unknown provider. */
  providerContext(provider: string): ProviderContext | undefined {
    // Calls to one provider often follow each other.
    if (this.#latest?.pool.provider === provider) return this.#latest;
    return (this.#latest = this.#providers.get(provider) ?? this.#newContext(provider));
  }

  /** Of a provider that calls are under way to. */
  #calledContext(provider: string): ProviderContext {
    if (this.#latest?.pool.provider === provider) return this.#latest;
    return this.#usedContext(provider)!;
  }

  #usedContext(provider: string): ProviderContext | undefined {
    return this.#providers.get(provider) ?? this.#closing.get(provider);
  }

  /** No call of the provider begins any more; those under way go on. */
  #close(provider: string): void {
    const context = this.#providers.get(provider);
    if (this.#latest === context) this.#latest = undefined;
    if (!context) return;
    this.#providers.delete(provider);
    this.#closing.set(provider, context);
  }

  #newContext(provider: string): ProviderContext | undefined {
    if (!this.registry.has(provider)) return undefined;
    const pool = this.pools.ensurePool(provider);
    const { spillAfterMs = 0, affinityMaxWaitMs, discoverAccounts = true } = this.options.providers.get(provider) ?? {};
    pool.spillAfterMs = spillAfterMs;
    if (affinityMaxWaitMs !== undefined) pool.affinityMaxWaitMs = affinityMaxWaitMs;
    pool.accounts.discovers = discoverAccounts;
    pool.accounts.profile = () => this.registry.get(provider).pacing;
    const context: ProviderContext = {
      pool,
      queue: new WaitQueue(pool, this.settings.clock, this.settings.limits),
      pauses: new Pauses(this.settings.clock),
      calls: new InFlight(this.settings.clock),
      // Looked up each time, so that a checker registered later counts.
      budget: new RetryBudget(),
      estimates: new TokenEstimates(() => booksOf(this.registry.get(provider).pacing)),
      meter: new UsageMeter(() => this.registry.vendor(provider), this.#prices),
      classifier: { classifyError: (error) => this.registry.get(provider).classifyError(error) },
    };
    this.#providers.set(provider, context);
    return context;
  }

  /** Counts the end of a call. */
  readonly #countCall = (
    { pool, calls }: ProviderContext,
    report: ExecutionReport,
    success: boolean,
    model: string | undefined,
    asked = 0,
    endpoint?: string,
  ): void => {
    this.#inFlight.leave();
    calls.leave();
    pool.calls.byAffinity.asked += asked;
    if (report.affinity !== undefined) pool.calls.byAffinity[report.affinity] += 1;
    const end = success ? 'ok' : callEnd(report);
    if (!success) this.failedCalls?.record({ report, outcome: end, model, endpoint, now: this.settings.clock.now() });
    pool.calls.ended(success, Math.max(1, report.attemptsMade - asked), report.totalTimeMs, model, end);
  };

  readonly #logAttempt = (provider: string, attempt: AttemptReport): void => {
    if (!Logger.isLevelEnabled('debug')) return;
    const { maskedKey, outcome, status, reason, durationMs, waitedMs } = attempt;
    this.#logger.debug(logLine('attempt', { provider, key: maskedKey, outcome, status, reason, durationMs, waitedMs }));
  };
}

/** Calls that wait for a key, or back off, end; and so does every one that would. */
function endWaits(context: ProviderContext | undefined): void {
  context?.pauses.close();
  context?.queue.close();
}

/** The names of the model and the endpoint may come from the caller's own clients: they are cut to a bounded length. */
function bounded(options: RunOptions): RunOptions {
  const { model, endpoint } = options;
  if (model === undefined && endpoint === undefined) return options;
  const name = model === undefined ? undefined : modelName(model);
  const place = endpoint === undefined ? undefined : endpointName(endpoint);
  return name === model && place === endpoint ? options : { ...options, model: name, endpoint: place };
}

/** What the pool is told of the affinity that the caller states. */
function withAffinity(options: ExecuteOptions): RunOptions {
  const { affinity } = options;
  // Nearly always there is none, and nothing is copied.
  return affinity === undefined ? (options as RunOptions) : { ...options, affinity: affinityTarget(affinity) };
}

/** The tokens that the caller states, as the vendor counts them. */
function withTokens(options: RunOptions, estimates: TokenEstimates): RunOptions {
  const { estimatedTokens, model } = options;
  return estimatedTokens === undefined ? options : { ...options, tokens: estimates.stated(model, estimatedTokens) };
}

/** The caller asked for the call wrongly: nothing was tried, and nothing is counted. */
function refused<T>(provider: unknown, fault: string): ExecutionResult<T> {
  const name = typeof provider === 'string' ? provider : '';
  const call = name === '' ? 'The call' : `The ${name} call`;
  return failedAtOnce(new CallRejectedError(`${call} was refused before any attempt: ${fault}`, { provider: name }));
}

const failedAtOnce = <T>(error: KeyManagementError): ExecutionResult<T> => ({
  success: false,
  error,
  errorMessage: error.message,
  ...executionReport(error.provider, [], 0),
});
