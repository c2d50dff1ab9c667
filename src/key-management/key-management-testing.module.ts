import type { DynamicModule, FactoryProvider, Provider, ValueProvider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { HealthCheckerRegistry } from './checkers/health-checker.registry';
import type { Clock } from './common/clock';
import { resolveOptions } from './configuration/resolve-options';
import { HealthCheckTimer } from './health/health-check-timer.service';
import { CLOCK, RESOLVED_OPTIONS, VENDOR_ACCESS } from './key-management.constants';
import { KeyManagementModule } from './key-management.module';
import { refuseSecondImport } from './single-import';
import type { ScriptBook } from './testing/script-book';
import { ScriptedVendors } from './testing/scripted-vendors';
import { testingSetup, type KeyManagementTestingOptions } from './testing/testing-options';
import { VendorScript } from './testing/vendor-script';

/** What of Nest's `TestingModuleBuilder` is needed. */
export interface ProviderOverrides {
  overrideProvider(token: unknown): {
    useValue(value: unknown): unknown;
    useFactory(options: { factory: (...args: never[]) => unknown; inject?: unknown[] }): unknown;
  };
}

/** Its own environment: none. */
const NO_ENVIRONMENT = {};

/** Health checks run when a test asks for them. */
const NO_TIMER: ValueProvider = { provide: HealthCheckTimer, useValue: {} };

/** Calls and probes are answered by the script. */
const scripted = (book: ScriptBook): FactoryProvider<ScriptedVendors> => ({
  provide: VENDOR_ACCESS,
  inject: [HealthCheckerRegistry, CLOCK],
  useFactory: (registry: HealthCheckerRegistry, clock: Clock) => new ScriptedVendors(book, registry, clock),
});

/**
 * The real module for unit tests of an app: keys that are made up, a store in memory, vendors that answer by a script. No request leaves the process,
 * nothing is read from the environment, and no timer runs.
 *
 * What is scripted are the managed fetch, the `fetch` of a call's context, and health checks. A function given to `execute` that calls a vendor by
 * a client of its own must hand it `context.fetch`.
 */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- as Nest's modules are imported
export class KeyManagementTestingModule {
  /**
   * In the place of `KeyManagementModule.forRoot()`; `module.get(VendorScript)` is its script.
   * @throws KeyManagementConfigurationError for wrong options
   */
  static forRoot(options: KeyManagementTestingOptions = {}): DynamicModule {
    const setup = testingSetup(options);
    const resolved = resolveOptions(setup.options, NO_ENVIRONMENT);
    const real = KeyManagementModule.forRoot({ ...setup.options, ...setup.extras });
    const script: Provider = { provide: VendorScript, useValue: new VendorScript(setup.book) };
    const settings: Provider = {
      provide: RESOLVED_OPTIONS,
      inject: [ModulesContainer],
      useFactory: (modules: ModulesContainer) => {
        refuseSecondImport(modules);
        return resolved;
      },
    };
    return {
      ...real,
      providers: [...(real.providers ?? []), settings, NO_TIMER, scripted(setup.book), script],
      exports: [...(real.exports ?? []), VendorScript],
    };
  }

  /**
   * For a test that imports the whole app: replaces what its `KeyManagementModule` was given by these options, and its vendors by the script, which is
   * returned. Whether there are admin routes and metrics is as the app says.
   * @param builder What `Test.createTestingModule({ imports: [AppModule] })` gives.
   * @throws KeyManagementConfigurationError for wrong options
   */
  static override(builder: ProviderOverrides, options: KeyManagementTestingOptions = {}): VendorScript {
    const setup = testingSetup(options);
    const { provide, inject, useFactory } = scripted(setup.book);
    builder.overrideProvider(RESOLVED_OPTIONS).useValue(resolveOptions(setup.options, NO_ENVIRONMENT));
    builder.overrideProvider(HealthCheckTimer).useValue(NO_TIMER.useValue);
    builder.overrideProvider(provide).useFactory({ factory: useFactory, inject: inject as unknown[] });
    return new VendorScript(setup.book);
  }
}
