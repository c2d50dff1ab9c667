import { ConfigurableModuleBuilder, type Provider, type Type } from '@nestjs/common';
import { ADMIN_CONTROLLERS, ADMIN_PROVIDERS } from './admin/admin.providers';
import { MetricsController } from './admin/controllers/metrics.controller';
import { mountedControllers } from './admin/routes/mounted-controllers';
import { EventStreamService } from './admin/stream/event-stream.service';
import { adminSettings } from './configuration/admin-settings';
import { sealOptions } from './configuration/sealed-options';
import { DASHBOARD_CONTROLLERS, DASHBOARD_PROVIDERS } from './dashboard/dashboard.providers';
import { ADMIN_SETTINGS, METRICS_SETTINGS } from './key-management.constants';
import type {
  AdminSettings,
  KeyManagementExtras,
  KeyManagementOptions,
  MetricsSettings,
} from './configuration/key-management.options';
import { managedFetchProviders } from './execution/managed-fetch/inject-managed-fetch';
import { KeyMetricsService } from './metrics/key-metrics.service';

const OPTIONS_TOKEN = 'KEY_MANAGEMENT_MODULE_OPTIONS';

const controllers = (): readonly Type[] => [...DASHBOARD_CONTROLLERS, ...ADMIN_CONTROLLERS];

const adminProviders = (settings: AdminSettings): Provider[] => [
  ...ADMIN_PROVIDERS,
  ...DASHBOARD_PROVIDERS,
  { provide: ADMIN_SETTINGS, useValue: settings },
];

const metricsProviders = (settings: MetricsSettings): Provider[] => [
  KeyMetricsService,
  { provide: METRICS_SETTINGS, useValue: settings },
];

/** Seals the options in the app's container, whether they come as a value or from a factory. */
function sealing(provider: Provider): Provider {
  if (typeof provider === 'function' || provider.provide !== OPTIONS_TOKEN) return provider;
  if ('useValue' in provider) return { ...provider, useValue: sealOptions(provider.useValue as KeyManagementOptions) };
  if (!('useFactory' in provider)) return provider;
  const { useFactory } = provider;
  // Nest's own type: a factory takes whatever its `inject` names.
  return {
    ...provider,
    useFactory: async (...injected: unknown[]) => sealOptions((await useFactory(...injected)) as KeyManagementOptions),
  };
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<KeyManagementOptions>({
  moduleName: 'KeyManagement',
  optionsInjectionToken: OPTIONS_TOKEN,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createKeyManagementOptions')
  .setExtras<KeyManagementExtras>(
    { isGlobal: true, admin: true, metrics: true },
    (definition, { isGlobal = true, admin = true, metrics = true }) => {
      const settings = adminSettings(admin);
      const fetches = managedFetchProviders();
      return {
        ...definition,
        global: isGlobal,
        controllers: settings
          ? mountedControllers([...controllers(), ...(metrics === false ? [] : [MetricsController])], settings)
          : [],
        providers: [
          ...(definition.providers ?? []).map(sealing),
          ...fetches,
          ...(metrics === false ? [] : metricsProviders(metrics === true ? {} : metrics)),
          ...(settings ? adminProviders(settings) : []),
        ],
        exports: [
          ...(definition.exports ?? []),
          ...fetches.map(({ provide }) => provide),
          ...(metrics === false ? [] : [KeyMetricsService]),
          ...(settings ? [EventStreamService] : []),
        ],
      };
    },
  )
  .build();
