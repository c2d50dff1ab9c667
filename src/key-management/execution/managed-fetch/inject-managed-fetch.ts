import { Inject, type FactoryProvider } from '@nestjs/common';
import { BUILT_IN_VENDORS } from '../../vendors';
import { ManagedFetchService, type ManagedFetch } from './managed-fetch.service';

/** The providers that classes of this process ask for, beside the built-in vendors. */
const named = new Set<string>();

const tokenOf = (provider: string): string => `KEY_MANAGEMENT_FETCH:${provider}`;

/**
 * Injects the managed fetch of a provider, with default options: `constructor(@InjectManagedFetch('openai') fetch: ManagedFetch)`.
 * A class that is loaded after `forRoot` was called (by `import()`) can inject that of built-in vendors, and of providers that were injected before.
 */
export function InjectManagedFetch(provider: string): ParameterDecorator & PropertyDecorator {
  named.add(provider);
  return Inject(tokenOf(provider));
}

/** What `InjectManagedFetch` injects. */
export const managedFetchProviders = (): FactoryProvider<ManagedFetch>[] =>
  [...new Set([...BUILT_IN_VENDORS.keys(), ...named])].map((provider) => ({
    provide: tokenOf(provider),
    inject: [ManagedFetchService],
    useFactory: (service: ManagedFetchService) => service.for(provider),
  }));
