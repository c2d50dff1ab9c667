import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, Reflector } from '@nestjs/core';
import { maskKeysOf } from '../classification/redaction/redact';
import { PROVIDER_NAME } from '../configuration/options-schema';
import type { ResolvedOptions } from '../configuration/resolved-options';
import { UnknownProviderError } from '../errors';
import { BUILT_IN_CHECKERS, RESOLVED_OPTIONS } from '../key-management.constants';
import type { KeyPoolService } from '../pool/key-pool.service';
import type { Vendor } from '../vendors/contract/vendor';
import { defineVendor } from '../vendors/define-vendor';
import { profileOf, vendorOf } from '../vendors/vendor-of';
import { BaseHealthChecker } from './base-health-checker';
import { HEALTH_CHECKER_METADATA } from './health-checker.decorator';
import { VendorHealthChecker } from './vendor-health-checker';

/** The health checkers by provider: found by discovery, or added. */
@Injectable()
export class HealthCheckerRegistry implements OnModuleInit {
  readonly #logger = new Logger('KeyManagement');
  readonly #checkers = new Map<string, BaseHealthChecker>();
  /** By which other provider's checker a pool goes that was opened at run time. */
  readonly #likes = new Map<string, string>();
  /** Those of them that are being closed: their last calls are still judged. */
  readonly #closing = new Set<string>();
  /** Of the providers that were asked for, until they get another checker. */
  readonly #vendors = new Map<string, Vendor>();
  /** The one that was asked for last: calls to one provider often follow each other. */
  #latest: { readonly provider: string; readonly vendor: Vendor } | undefined = undefined;

  /** @internal Told of each provider that gets a checker while the app runs: what is stored of it was of no use before. */
  onAdded: (provider: string) => void = () => undefined;

  /** Nest's own lead to its container, and to the options with the keys in them: not where an inspector looks. */
  readonly #discovery: DiscoveryService;
  readonly #reflector: Reflector;
  readonly #providers: ResolvedOptions['providers'];

  constructor(
    discovery: DiscoveryService,
    reflector: Reflector,
    @Inject(BUILT_IN_CHECKERS) builtIn: ReadonlyMap<string, BaseHealthChecker>,
    @Inject(RESOLVED_OPTIONS) { providers }: Pick<ResolvedOptions, 'providers'>,
  ) {
    this.#discovery = discovery;
    this.#reflector = reflector;
    this.#providers = providers;
    for (const [provider, checker] of builtIn) this.#set(provider, checker);
  }

  onModuleInit(): void {
    for (const wrapper of this.#discovery.getProviders()) {
      const { metatype } = wrapper;
      const instance: unknown = wrapper.instance;
      if (typeof metatype !== 'function') continue;
      const provider = this.#reflector.get<string | undefined>(HEALTH_CHECKER_METADATA, metatype);
      if (provider === undefined) continue;
      if (!wrapper.isDependencyTreeStatic() || wrapper.isTransient) {
        throw new TypeError(
          `@HealthChecker('${provider}') stands on ${metatype.name}, which is made anew for each request or consumer. Give it and what it injects the default scope.`,
        );
      }
      if (!(instance instanceof BaseHealthChecker)) {
        throw new TypeError(
          `@HealthChecker('${provider}') stands on ${metatype.name}, which does not extend BaseHealthChecker. Let it extend that class.`,
        );
      }
      this.#discovered(provider, instance);
    }
  }

  /** @throws UnknownProviderError */
  get(provider: string): BaseHealthChecker {
    const checker = this.#checkers.get(this.#likes.get(provider) ?? provider);
    if (!checker) throw this.unknownProvider(provider);
    return checker;
  }

  /** From now on the provider is served as another one is, whatever checker that has. */
  addLike(provider: string, like: string): void {
    this.#likes.set(provider, like);
  }

  /** The provider is unknown to those who call it from now on. */
  closing(provider: string): void {
    this.#closing.add(provider);
  }

  isClosing(provider: string): boolean {
    return this.#closing.has(provider);
  }

  /** Forgets what `addLike` did. */
  forget(provider: string): void {
    this.#likes.delete(provider);
    this.#closing.delete(provider);
  }

  /**
   * The vendor that a provider is served by, with nothing left open: by the profile of its checker, else by its settings and its name. The same
   * object until the provider gets another checker.
   * @throws UnknownProviderError
   */
  vendor(provider: string): Vendor {
    if (this.#latest?.provider === provider) return this.#latest.vendor;
    const known = this.#vendors.get(provider);
    if (known) {
      this.#latest = { provider, vendor: known };
      return known;
    }
    const like = this.#likes.get(provider);
    if (like !== undefined) return this.vendor(like);
    const checker = this.get(provider);
    const settings = this.#providers.get(provider);
    const vendor =
      checker instanceof VendorHealthChecker
        ? checker.resolved
        : vendorOf(checker.vendor ?? profileOf(provider, settings), settings);
    this.#vendors.set(provider, vendor);
    return vendor;
  }

  has(provider: string): boolean {
    return (this.#checkers.has(provider) || this.#likes.has(provider)) && !this.#closing.has(provider);
  }

  /** The error for a provider that nobody knows. It names the known providers. */
  unknownProvider(provider: string): UnknownProviderError {
    return new UnknownProviderError(provider, this.providers(), this.#closing.has(provider));
  }

  /** A provider is known by its checker or by its pool. @throws UnknownProviderError */
  assertKnown(provider: string, pools: Pick<KeyPoolService, 'pool'>): void {
    if (!this.has(provider) && !pools.pool(provider)) throw this.unknownProvider(provider);
  }

  /**
   * Sets the checker of a provider, in place of the one it may have.
   * @throws TypeError for a name that no URL and no store could hold, and for a checker whose `vendor` is no profile
   */
  addChecker(provider: string, checker: BaseHealthChecker): void {
    if (!PROVIDER_NAME.test(provider)) {
      throw new TypeError('A provider is named with letters, digits, "_", "-" and ".", 64 at most, as "my-vendor".');
    }
    if (!checker.builtIn && checker.vendor) defineVendor(checker.vendor);
    this.#set(provider, checker);
  }

  #set(provider: string, checker: BaseHealthChecker): void {
    if (checker.vendor) maskKeysOf(checker.vendor);
    this.#checkers.set(provider, checker);
    this.#vendors.delete(provider);
    this.#latest = undefined;
    this.onAdded(provider);
  }

  providers(): string[] {
    return [...this.#checkers.keys()];
  }

  /** A class of the user's own takes the place of ours; two of the user's own for one vendor are a mistake. */
  #discovered(provider: string, checker: BaseHealthChecker): void {
    const known = this.#checkers.get(provider);
    if (known === checker) return;
    if (known !== undefined && !known.builtIn && !checker.builtIn) {
      throw new TypeError(
        `Two health checkers are marked for "${provider}": ${known.constructor.name} and ${checker.constructor.name}. Keep one.`,
      );
    }
    if (known !== undefined && checker.builtIn) return;
    if (known !== undefined)
      this.#logger.log(`${checker.constructor.name} takes the place of the built-in checker of ${provider}.`);
    this.addChecker(provider, checker);
  }
}
