import { Injectable } from '@nestjs/common';
import { AnalyticsService } from './analytics/analytics.service';
import type { ComprehensiveStatus, ProviderAnalytics } from './analytics/documents';
import { ConfigurationService, type Configuration } from './configuration/configuration.service';
import { KeyIntakeService, type AddKeysResult } from './health/key-intake.service';
import { HealthSweepService, type HealthCheckReport } from './health/health-sweep.service';
import type { KeyInput } from './pool/key/key-input';

/** The specification's manager: a facade over intake, sweeps, analytics and configuration. */
@Injectable()
export class KeyManagerService {
  constructor(
    private readonly intake: KeyIntakeService,
    private readonly sweep: HealthSweepService,
    private readonly analytics: AnalyticsService,
    private readonly configuration: ConfigurationService,
  ) {}

  /**
   * Registers every key and checks them in parallel: keys that fail are in the pool's status as removed, with a re-check.
   * @throws UnknownProviderError
   */
  initializeKeys(provider: string, keys: (string | KeyInput)[]): Promise<AddKeysResult> {
    return this.intake.initialize(provider, keys);
  }

  /**
   * Checks the keys and adds those that do not prove invalid. A key that is in the pool already is not changed.
   * @throws UnknownProviderError
   */
  addNewKeys(provider: string, keys: (string | KeyInput)[]): Promise<AddKeysResult> {
    return this.intake.addNew(provider, keys);
  }

  /** The status of all pools and keys. */
  getComprehensiveStatus(): ComprehensiveStatus {
    return this.analytics.comprehensiveStatus();
  }

  /** Success rate, response times and recent events of one provider. @throws UnknownProviderError */
  getProviderAnalytics(provider: string): ProviderAnalytics {
    return this.analytics.providerAnalytics(provider);
  }

  /**
   * Checks all keys now, or those of one provider, except disabled keys.
   * @throws UnknownProviderError
   */
  forceHealthCheck(provider?: string): Promise<HealthCheckReport> {
    return this.sweep.checkNow(provider);
  }

  /**
   * In force at once, for all instances that share the store; durable when it resolves.
   * @throws KeyManagementConfigurationError naming the field; then nothing is changed
   * @throws StoreUnavailableError when the store has not taken the change after 5 s
   */
  updateConfiguration(changes: Partial<Configuration>): Promise<Configuration> {
    return this.configuration.update(changes);
  }
}
