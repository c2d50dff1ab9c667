import { inspect } from 'node:util';
import { ScheduleModule } from '@nestjs/schedule';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  CLOCK,
  KeyManagementModule,
  KeyManagerService,
  keyIdOf,
  KeyPoolService,
  RetryExecutorService,
  type Clock,
  type ExecuteOptions,
  type ExecutionResult,
  type KeySnapshot,
  type ManagedCall,
} from '../src/key-management';
import { VendorSimulator, type Behaviour } from '../test/simulator';
import { castOf, VENDORS, type Role, type VendorName } from './cast';
import { MovableClock } from './movable-clock';
import { trail } from './print';
import { Promises } from './promises';
import type { Recording } from './recording';
import { ASK } from './sdk-calls';

/** What the scenes run on: the simulated vendors, a Nest app that uses the package, and the keys of all vendors. */
export class Stage {
  readonly promises = new Promises();
  readonly cast: Readonly<Record<VendorName, Role[]>> = {
    openai: castOf('openai'),
    anthropic: castOf('anthropic'),
    google: castOf('google'),
  };
  /** All raw keys of the demo: none may ever be printed. */
  readonly secrets = Object.values(this.cast).flatMap((roles) => roles.map(({ key }) => key));
  /** What the package must have counted in the end. */
  readonly made = { calls: 0, failures: 0 };
  readonly manager: KeyManagerService;
  readonly pool: KeyPoolService;
  readonly #executor: RetryExecutorService;

  private constructor(
    readonly simulator: VendorSimulator,
    readonly recording: Recording,
    readonly clock: MovableClock,
    private readonly app: TestingModule,
  ) {
    this.manager = app.get(KeyManagerService);
    this.pool = app.get(KeyPoolService);
    this.#executor = app.get(RetryExecutorService);
  }

  static async open(recording: Recording): Promise<Stage> {
    const simulator = await VendorSimulator.start();
    const clock = new MovableClock();
    try {
      return new Stage(simulator, recording, clock, await startApp(simulator, clock, recording));
    } catch (error) {
      await simulator.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.simulator.close();
  }

  role(vendor: VendorName, label: string): Role {
    const role = this.cast[vendor].find((each) => each.label === label);
    if (!role) throw new Error(`${vendor} has no key called ${label} in this demo.`);
    return role;
  }

  /** Sets how the vendor treats the key from now on. */
  script(vendor: VendorName, label: string, ...behaviours: Behaviour[]): void {
    this.simulator[vendor].key(this.role(vendor, label).key, ...behaviours);
  }

  /** The snapshot of the key, as the pool returns it. */
  snapshot(vendor: VendorName, label: string): KeySnapshot {
    const snapshot = this.pool.get(vendor, keyIdOf(this.role(vendor, label).key));
    if (!snapshot) throw new Error(`The pool of ${vendor} does not know the key called ${label}.`);
    return snapshot;
  }

  readonly labelOf = (keyId: string): string => this.pool.list().find(({ id }) => id === keyId)?.label ?? '';

  /** Runs one managed call and counts it. */
  async call<T>(vendor: VendorName, call: ManagedCall<T>, options?: ExecuteOptions): Promise<ExecutionResult<T>> {
    const result = await this.#executor.execute(vendor, call, options);
    this.made.calls += 1;
    if (!result.success) this.made.failures += 1;
    this.recording.note(JSON.stringify(result) + inspect(result, { depth: 8 }));
    return result;
  }

  /** Asks one question through the vendor's SDK. With `what`, the attempts are printed. */
  async ask(vendor: VendorName, what?: string, options?: ExecuteOptions): Promise<ExecutionResult<string>> {
    const result = await this.call(vendor, ASK[vendor](this.simulator[vendor].baseUrl, options?.model), options);
    if (what !== undefined) trail(what, result, this.labelOf);
    return result;
  }
}

/** Starts an app as a user has it, except for its clock. */
async function startApp(simulator: VendorSimulator, clock: Clock, { logger }: Recording): Promise<TestingModule> {
  // All settings are given here, so that the environment of a developer (with real keys) has no effect.
  const providers = VENDORS.map((name) => [name, { keys: [] as string[], baseUrl: simulator[name].baseUrl }] as const);
  const keyManagement = KeyManagementModule.forRoot({
    providers: Object.fromEntries(providers),
    store: { kind: 'memory' },
    admin: false,
    maxRetries: 3,
    healthCheckIntervalMinutes: 10,
    healthCheckDepth: 'deep',
    errorClassification: 'evidence',
    backoff: { initialMs: 50, maxMs: 400 },
  });
  const app = await Test.createTestingModule({ imports: [ScheduleModule.forRoot(), keyManagement] })
    .overrideProvider(CLOCK)
    .useValue(clock)
    .setLogger(logger)
    .compile();
  return app.init();
}
