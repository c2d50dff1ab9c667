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

@Injectable()
export class ConfigurationService {
  #current: Readonly<Configuration>;

  constructor(@Inject(RESOLVED_OPTIONS) { maxRetries, healthCheckIntervalMinutes }: ResolvedOptions) {
    this.#current = Object.freeze({ maxRetries, healthCheckIntervalMinutes });
  }

  get current(): Readonly<Configuration> {
    return this.#current;
  }

  /** @throws KeyManagementConfigurationError naming the field; then nothing is changed. */
  update(changes: Partial<Configuration>): Configuration {
    const { error } = CONFIGURATION.safeParse(changes);
    if (error) {
      const problems = error.issues.map(({ path, message }) => `${path.join('.') || 'configuration'}: ${message}.`);
      throw new KeyManagementConfigurationError(problems);
    }
    this.#current = Object.freeze({
      maxRetries: changes.maxRetries ?? this.#current.maxRetries,
      healthCheckIntervalMinutes: changes.healthCheckIntervalMinutes ?? this.#current.healthCheckIntervalMinutes,
    });
    return { ...this.#current };
  }
}
