import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationShutdown } from '@nestjs/common';
import type { Clock, Random } from '../clock';
import { ConfigurationService } from '../configuration/configuration.service';
import type { ResolvedOptions } from '../configuration/resolved-options';
import { UnknownProviderError, type AttemptReport } from '../errors';
import { CLOCK, RANDOM, RESOLVED_OPTIONS } from '../key-management.constants';
import { logLine } from '../log-line';
import { KeyPoolService } from '../pool/key-pool.service';
import { modelName } from '../pool/model-name';
import { HealthCheckerRegistry } from '../vendors/health-checker.registry';
import { CallTracer } from '../tracing/call-tracer';
import type { CallFollowers, ExecutionSettings, ProviderLine } from './execution-settings';
import type { ExecuteOptions, ExecutionReport, ExecutionResult, ManagedCall } from './execution.types';
import { choiceOptions, joined, mayFallBack, type FallbackChoice } from './fallback';
import { InFlight } from './in-flight';
import { Pauses } from './pauses';
import { PerMoment } from './per-moment';
import { RetryBudget } from './retry-budget';
import { TimeLimits } from './time-limits';
import { runCall } from './run-call';
import { WaitQueue } from './wait-queue';

const NO_OPTIONS: ExecuteOptions = Object.freeze({});

/** Calls vendors with the pool's keys: picks one, retries, rotates, and removes what proves dead. */
@Injectable()
export class RetryExecutorService implements BeforeApplicationShutdown, OnApplicationShutdown {
  readonly #logger = new Logger('KeyManagement');
  readonly #lines = new Map<string, ProviderLine>();
  #latest: ProviderLine | undefined;
  readonly #inFlight: InFlight;
  readonly #settings: ExecutionSettings;

  constructor(
    private readonly pools: KeyPoolService,
    private readonly registry: HealthCheckerRegistry,
    configuration: ConfigurationService,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(CLOCK) clock: Clock,
    @Inject(RANDOM) random: Random,
  ) {
    this.#inFlight = new InFlight(clock);
    const tracer = new CallTracer();
    const followers = new PerMoment<CallFollowers | undefined>(() => {
      const isLogged = Logger.isLevelEnabled('debug');
      if (!tracer.isOn && !isLogged) return undefined;
      return { tracer: tracer.isOn ? tracer : undefined, attemptLog: isLogged ? this.#attempted : undefined };
    });
    this.#settings = {
      clock,
      random,
      limits: new TimeLimits(clock),
      pauses: new Pauses(clock),
      backoff: options.backoff,
      maxRetries: () => configuration.current.maxRetries,
      ended: this.callEnded,
      followers: (now) => followers.at(now),
      waited: (provider, ms) => {
        pools.callWaited(provider, ms);
      },
    };
    pools.observe({
      keyFreed: (provider) => {
        this.#lines.get(provider)?.queue.serve();
      },
      keyChanged: ({ provider }) => {
        this.#lines.get(provider)?.queue.review();
      },
    });
  }

  /** Calls under way, and answers of the managed fetch that are still streaming. */
  get inFlight(): number {
    return this.#inFlight.count;
  }

  /**
   * Runs the call with a key of the provider, and again with others while that may help.
   * Never rejects for a failed call: the result says what happened, attempt by attempt.
   */
  execute<T>(
    provider: string,
    call: ManagedCall<T>,
    options: ExecuteOptions = NO_OPTIONS,
  ): Promise<ExecutionResult<T>> {
    const line = this.line(provider);
    if (!line) return Promise.resolve(unknownProvider(provider, this.registry.providers()));
    this.#inFlight.enter();
    line.budget.called();
    return runCall({ line, call, options: bounded(options), settings: this.#settings });
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
   * @throws TypeError without any choice
   */
  async executeFirst<T>(choices: readonly FallbackChoice<T>[]): Promise<ExecutionResult<T>> {
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

  /** Resolves when no call is under way: true, or false if some still are after so many milliseconds. Calls may still begin. */
  drain(timeoutMs: number): Promise<boolean> {
    return this.#inFlight.idle(timeoutMs);
  }

  /** Lets calls under way end, within `drainTimeoutMs`; then ends those that only wait. */
  async beforeApplicationShutdown(): Promise<void> {
    const { drainTimeoutMs } = this.options;
    if (await this.drain(drainTimeoutMs)) return;
    this.#logger.warn(
      `${this.inFlight} calls are still under way after ${drainTimeoutMs} ms; the app shuts down all the same.`,
    );
  }

  onApplicationShutdown(): void {
    this.#settings.pauses.close();
    for (const { queue } of this.#lines.values()) queue.close();
  }

  /** @internal What calls of the provider share; undefined for a provider that nobody knows. */
  line(provider: string): ProviderLine | undefined {
    // Calls to one provider follow each other.
    if (this.#latest?.pool.provider === provider) return this.#latest;
    return (this.#latest = this.#lines.get(provider) ?? this.#newLine(provider));
  }

  #newLine(provider: string): ProviderLine | undefined {
    if (!this.registry.has(provider)) return undefined;
    const pool = this.pools.ensurePool(provider);
    pool.pacing.profile = () => this.registry.get(provider).pacing;
    const line: ProviderLine = {
      pool,
      queue: new WaitQueue(pool, this.#settings.clock, this.#settings.limits),
      // Looked up each time, so that a checker registered later counts.
      budget: new RetryBudget(),
      classifier: { classifyError: (error) => this.registry.get(provider).classifyError(error) },
    };
    this.#lines.set(provider, line);
    return line;
  }

  /** @internal */
  get settings(): ExecutionSettings {
    return this.#settings;
  }

  /** @internal Books the end of a call. */
  readonly callEnded = (
    { pool }: ProviderLine,
    { attemptsMade, totalTimeMs }: ExecutionReport,
    success: boolean,
  ): void => {
    this.#inFlight.leave();
    pool.calls.ended(success, attemptsMade, totalTimeMs);
  };

  readonly #attempted = (provider: string, attempt: AttemptReport): void => {
    if (!Logger.isLevelEnabled('debug')) return;
    const { maskedKey, outcome, status, reason, durationMs, waitedMs } = attempt;
    this.#logger.debug(logLine('attempt', { provider, key: maskedKey, outcome, status, reason, durationMs, waitedMs }));
  };
}

/** The caller's own clients may name the model. */
function bounded(options: ExecuteOptions): ExecuteOptions {
  const { model } = options;
  if (model === undefined) return options;
  const name = modelName(model);
  return name === model ? options : { ...options, model: name };
}

function unknownProvider<T>(provider: string, known: readonly string[]): ExecutionResult<T> {
  const error = new UnknownProviderError(provider, known);
  return {
    success: false,
    error,
    errorMessage: error.message,
    provider,
    attemptsMade: 0,
    keysTried: [],
    totalTimeMs: 0,
    attempts: [],
  };
}
