import { Inject, Injectable } from '@nestjs/common';
import { RESOLVED_OPTIONS } from '../key-management.constants';
import { KeyManagementConfigurationError } from './resolve-options';
import { CONFIGURATION } from './options-schema';
import type { ResolvedOptions } from './resolved-options';

/** The settings that change at run time. */
export interface Configuration {
  maxRetries: number;
  healthCheckIntervalMinutes: number;
}

/** Where changes at run time are kept. */
export interface ConfigurationJournal {
  /** Whether they outlive the process; they never do with the `memory` store. */
  readonly isKept: boolean;
  set(changes: Partial<Configuration>): void;
  /** Resolves when all changes so far are durable. @throws StoreUnavailableError */
  saved(): Promise<void>;
}

@Injectable()
export class ConfigurationService {
  #current: Readonly<Configuration>;
  #journal: ConfigurationJournal | undefined;

  constructor(@Inject(RESOLVED_OPTIONS) { maxRetries, healthCheckIntervalMinutes }: ResolvedOptions) {
    this.#current = Object.freeze({ maxRetries, healthCheckIntervalMinutes });
  }

  get current(): Readonly<Configuration> {
    return this.#current;
  }

  /** Whether changes at run time outlive the process. */
  get isKept(): boolean {
    return this.#journal?.isKept ?? false;
  }

  /** @internal */
  useJournal(journal: ConfigurationJournal): void {
    this.#journal = journal;
  }

  /** @internal What an administrator set on another instance, or before a restart. */
  take(changes: Partial<Configuration>): void {
    this.#current = Object.freeze({ ...this.#current, ...changes });
  }

  /**
   * Changes settings, for all instances that share the store, and over restarts: an administrator's word counts more than the options
   * until it is changed again. In force at once, durable when it resolves.
   * @throws KeyManagementConfigurationError naming the field; then nothing is changed
   * @throws StoreUnavailableError when the store has not taken the change after 5 s
   */
  async update(changes: Partial<Configuration>): Promise<Configuration> {
    const { error } = CONFIGURATION.safeParse(changes);
    if (error) {
      const problems = error.issues.map(({ path, message }) => `${path.join('.') || 'configuration'}: ${message}.`);
      throw new KeyManagementConfigurationError(problems);
    }
    const { maxRetries, healthCheckIntervalMinutes } = changes;
    this.take({
      ...(maxRetries !== undefined && { maxRetries }),
      ...(healthCheckIntervalMinutes !== undefined && { healthCheckIntervalMinutes }),
    });
    this.#journal?.set(changes);
    await this.#journal?.saved();
    return { ...this.#current };
  }
}
