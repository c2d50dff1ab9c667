import { unkeptObjects } from '../support/unkept-objects';
import { RetryExecutorService } from '../../src/key-management/execution/retry-executor.service';
import type { ExecuteOptions, ExecutionResult, ManagedCall } from '../../src/key-management/execution/execution.types';
import { UnknownProviderError, type KeyManagementError } from '../../src/key-management/errors';
import { ApiKey, keyIdOf } from '../../src/key-management/pool/key/api-key';
import type { KeyInput } from '../../src/key-management/pool/key/key-input';
import type { KeyPool } from '../../src/key-management/pool/key-pool';
import { KeyPoolService } from '../../src/key-management/pool/key-pool.service';
import { HEALTHY, type KeyState } from '../../src/key-management/pool/key/key-state';
import type { BaseHealthChecker } from '../../src/key-management/checkers/base-health-checker';
import { VendorHealthChecker } from '../../src/key-management/checkers/vendor-health-checker';
import { openai } from '../../src/key-management/vendors/openai/openai';
import type { PriceOptions } from '../../src/key-management/usage/price-book';
import { vendorOf } from '../../src/key-management/vendors/vendor-of';
import { eachCall } from '../support/each-call';
import { FakeClock } from '../support/fake-clock';

/** An error as the official SDK throws it. */
export class Fault extends Error {
  constructor(
    readonly status: number,
    readonly error: object = {},
    readonly headers: Record<string, string> = {},
  ) {
    super(`${status} fault`);
  }
}

export const invalid = () => new Fault(401, { code: 'invalid_api_key', message: 'Incorrect API key provided' });
export const exhausted = () => new Fault(429, { code: 'insufficient_quota', type: 'insufficient_quota' });
export const limited = (seconds?: number) =>
  new Fault(429, { code: 'rate_limit_exceeded' }, seconds === undefined ? {} : { 'retry-after': String(seconds) });
export const overloaded = (seconds?: number) =>
  new Fault(503, { message: 'busy' }, seconds === undefined ? {} : { 'retry-after': String(seconds) });
export const badRequest = () => new Fault(400, { code: 'context_length_exceeded', type: 'invalid_request_error' });
export const noModel = () => new Fault(404, { code: 'model_not_found' });
export const tooLarge = () =>
  new Fault(429, {
    type: 'tokens',
    message: 'Request too large for gpt-4o on tokens per min (TPM): Limit 1, Requested 2',
  });
export const region = () => new Fault(403, { code: 'unsupported_country_region_territory' });

/** What a scripted key does, call by call; the last repeats. `undefined` answers. */
export type Script = readonly (Error | undefined)[];

export interface HarnessOptions {
  maxRetries?: number;
  random?: () => number;
  checker?: BaseHealthChecker;
  backoff?: { initialMs: number; maxMs: number };
  spillAfterMs?: number;
  affinityMaxWaitMs?: number;
  prices?: Record<string, PriceOptions | PriceOptions[]>;
}

export const key = (name: string): string => `sk-test-${name.padEnd(32, '0')}`;

export class Harness {
  readonly clock = new FakeClock();
  readonly pools: KeyPoolService;
  readonly pool: KeyPool;
  readonly executor: RetryExecutorService;
  readonly #ended: { provider: string; success: boolean; attempts: number; totalTimeMs: number }[] = [];
  /** Names of the keys in the order they were called, with the time. */
  readonly calls: { key: string; at: number }[] = [];
  readonly #scripts = new Map<string, Script>();
  readonly #used = new Map<string, number>();
  readonly #names = new Map<string, string>();

  constructor({
    maxRetries = 3,
    random = () => 0,
    checker,
    backoff,
    spillAfterMs,
    affinityMaxWaitMs,
    prices = {},
  }: HarnessOptions = {}) {
    const options = {
      providers: new Map([['openai', { keys: [], spillAfterMs, affinityMaxWaitMs }]]),
      errorClassification: 'evidence',
      backoff: backoff ?? { initialMs: 500, maxMs: 8_000 },
      drainTimeoutMs: 10_000,
      prices,
    };
    this.pools = new KeyPoolService(this.clock, random);
    this.pools.observe({
      callsOf: (provider) =>
        eachCall({
          callEnded: (success, attempts, totalTimeMs) =>
            void this.#ended.push({ provider, success, attempts, totalTimeMs }),
        }),
    });
    this.pool = this.pools.ensurePool('openai');
    const vendor = vendorOf(openai);
    const known = checker ?? new VendorHealthChecker('openai', openai, vendor, 'evidence', this.clock);
    const registry = {
      has: (name: string) => name !== 'nobody',
      get: () => known,
      vendor: () => vendor,
      unknownProvider: (name: string) => new UnknownProviderError(name, ['openai']),
    };
    const configuration = { current: { maxRetries } };
    this.executor = new RetryExecutorService(
      this.pools,
      registry as never,
      configuration as never,
      options as never,
      this.clock,
      random,
      unkeptObjects(this.clock),
    );
  }

  /** Adds a key that does as scripted; an earlier one is chosen first. */
  add(name: string, script: Script = [undefined], input: Omit<KeyInput, 'key'> = {}, state: KeyState = HEALTHY): this {
    const pool = this.pools.ensurePool('openai');
    const record = pool.add(new ApiKey(key(name)), input, 'configuration', 'configuration');
    pool.setState(record, state, 'configuration');
    record.turn = pool.size / 1_000;
    this.#scripts.set(key(name), script);
    this.#names.set(key(name), name);
    return this;
  }

  id(name: string): string {
    return keyIdOf(key(name));
  }

  snapshot(name: string) {
    return this.pools.get('openai', this.id(name))!;
  }

  /** What a call to the simulated vendor comes to. */
  readonly vendor: ManagedCall<string> = ({ apiKey }) => {
    const name = this.#names.get(apiKey)!;
    this.calls.push({ key: name, at: this.clock.now() });
    const script = this.#scripts.get(apiKey)!;
    const used = this.#used.get(apiKey) ?? 0;
    this.#used.set(apiKey, used + 1);
    const error = script[Math.min(used, script.length - 1)];
    return error ? Promise.reject(error) : Promise.resolve(`answer of ${name}`);
  };

  get ended() {
    this.pools.flushCalls();
    return this.#ended;
  }

  get called(): string[] {
    return this.calls.map(({ key: name }) => name);
  }

  get inFlight(): number {
    return this.pools.list().reduce((sum, { inFlight }) => sum + inFlight, 0);
  }

  run(options?: ExecuteOptions, call: ManagedCall<string> = this.vendor): Promise<ExecutionResult<string>> {
    return this.executor.execute('openai', call, options);
  }

  /** Runs a call with time passing until it ends. */
  async runThrough(options?: ExecuteOptions, call?: ManagedCall<string>): Promise<ExecutionResult<string>> {
    let result: ExecutionResult<string> | undefined;
    void this.run(options, call).then((ended) => (result = ended));
    for (let step = 0; step < 400 && !result; step += 1) await this.clock.advance(250);
    return result!;
  }

  /** Nothing is left of the calls made. */
  expectIdle(): void {
    expect({ leases: this.inFlight, calls: this.executor.inFlight }).toEqual({ leases: 0, calls: 0 });
  }
}

export const trail = (result: ExecutionResult<unknown>): string[] => result.attempts.map(({ outcome }) => outcome);

export const errorOf = (result: ExecutionResult<unknown>): KeyManagementError | undefined =>
  result.success ? undefined : result.error;
