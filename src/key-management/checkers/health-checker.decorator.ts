import { Injectable, SetMetadata, applyDecorators } from '@nestjs/common';

export const HEALTH_CHECKER_METADATA = 'key-management:health-checker';

/**
 * Marks a provider class as the health checker of a vendor: the registry finds it by discovery.
 * The class must extend `BaseHealthChecker` and be among some module's providers.
 */
export const HealthChecker = (provider: string): ClassDecorator =>
  applyDecorators(Injectable(), SetMetadata(HEALTH_CHECKER_METADATA, provider));
