import { Test, type TestingModule } from '@nestjs/testing';
import {
  BaseHealthChecker,
  HealthCheckerRegistry,
  KeyManagementModule,
  KeyManagerService,
  KeyPoolService,
  RetryExecutorService,
  StatusTableHealthChecker,
  type CallContext,
  type Classification,
  type HealthResult,
  type KeyManagementModuleOptions,
  type Outcome,
  type ProbeContext,
  type VendorError,
} from '../../src/key-management';

export const TABLE = { 401: 'invalid_key', 402: 'quota_exceeded', 429: 'rate_limited' } as const;

/** A vendor that a test scripts: every key is `ok` but those that are listed. Errors are read by the status table. */
class ScriptedChecker extends BaseHealthChecker {
  readonly verdicts = new Map<string, Outcome>();
  readonly probes: { apiKey: string; depth: ProbeContext['depth'] }[] = [];
  readonly #table = StatusTableHealthChecker.from(TABLE);

  checkHealth(apiKey: string, { depth }: ProbeContext): Promise<HealthResult> {
    this.probes.push({ apiKey, depth });
    return Promise.resolve({ outcome: this.verdicts.get(apiKey) ?? 'ok' });
  }

  classifyError(error: VendorError): Classification {
    return this.#table.classifyError(error);
  }
}

export interface Contract {
  app: TestingModule;
  checker: ScriptedChecker;
  manager: KeyManagerService;
  pools: KeyPoolService;
  executor: RetryExecutorService;
}

/** The module as a user has it, with a provider "acme" of the user's own. No part of the inside is used. */
export async function startContract(options: KeyManagementModuleOptions = {}): Promise<Contract> {
  const module = await Test.createTestingModule({
    imports: [
      KeyManagementModule.forRoot({
        store: { kind: 'memory' },
        admin: false,
        backoff: { initialMs: 1, maxMs: 2 },
        ...options,
      }),
    ],
  }).compile();
  module.useLogger(false);
  const app = await module.init();
  const checker = new ScriptedChecker();
  app.get(HealthCheckerRegistry).addChecker('acme', checker);
  return {
    app,
    checker,
    manager: app.get(KeyManagerService),
    pools: app.get(KeyPoolService),
    executor: app.get(RetryExecutorService),
  };
}

export const acmeKey = (name: string): string => `acme-${name}-0123456789abcdef`;
/** What libraries throw, reduced to the least: no class, no message. */
export const thrown = (status: number, more: object = {}): Promise<never> => {
  return Promise.reject({ status, ...more });
};

/** A call that fails with the status of its key, and says by whom it succeeded. */
export const failsWith =
  (by: Record<string, number>) =>
  ({ apiKey }: CallContext): Promise<string> => {
    const status = by[apiKey];
    return status === undefined ? Promise.resolve(`by ${apiKey.slice(5, 9)}`) : thrown(status);
  };
