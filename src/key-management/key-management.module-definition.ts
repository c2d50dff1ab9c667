import { ConfigurableModuleBuilder, type Provider } from '@nestjs/common';
import { ADMIN_CONTROLLERS, ADMIN_PROVIDERS } from './admin/admin.providers';
import { DASHBOARD_CONTROLLERS, DASHBOARD_PROVIDERS } from './dashboard/dashboard.providers';
import { ADMIN_SETTINGS, METRICS_SETTINGS } from './key-management.constants';
import type {
  AdminSettings,
  KeyManagementExtras,
  KeyManagementOptions,
  MetricsSettings,
} from './key-management.options';
import { KeyMetricsService } from './metrics/key-metrics.service';
import { MetricsController } from './admin/controllers/metrics.controller';
import { EventStreamService } from './admin/stream/event-stream.service';

const adminProviders = (settings: AdminSettings): Provider[] => [
  ...ADMIN_PROVIDERS,
  ...DASHBOARD_PROVIDERS,
  { provide: ADMIN_SETTINGS, useValue: settings },
];

const metricsProviders = (settings: MetricsSettings): Provider[] => [
  KeyMetricsService,
  { provide: METRICS_SETTINGS, useValue: settings },
];

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<KeyManagementOptions>({
  moduleName: 'KeyManagement',
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createKeyManagementOptions')
  .setExtras<KeyManagementExtras>(
    { isGlobal: true, admin: true, metrics: true },
    (definition, { isGlobal = true, admin = true, metrics = true }) => ({
      ...definition,
      global: isGlobal,
      controllers:
        admin === false
          ? []
          : [...DASHBOARD_CONTROLLERS, ...ADMIN_CONTROLLERS, ...(metrics === false ? [] : [MetricsController])],
      providers: [
        ...(definition.providers ?? []),
        ...(metrics === false ? [] : metricsProviders(metrics === true ? {} : metrics)),
        ...(admin === false ? [] : adminProviders(admin === true ? {} : admin)),
      ],
      exports: [
        ...(definition.exports ?? []),
        ...(metrics === false ? [] : [KeyMetricsService]),
        ...(admin === false ? [] : [EventStreamService]),
      ],
    }),
  )
  .build();
