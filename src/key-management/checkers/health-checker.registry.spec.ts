import { UnknownProviderError } from '../errors';
import type { VendorProfile } from '../vendors/contract/profile';
import { BaseHealthChecker } from './base-health-checker';
import { HealthCheckerRegistry } from './health-checker.registry';
import { StatusTableHealthChecker } from './status-table.health-checker';

describe('the names of providers', () => {
  const registry = new HealthCheckerRegistry({ getProviders: () => [] } as never, {} as never, new Map(), {
    providers: new Map(),
  });
  const checker = StatusTableHealthChecker.from({ 401: 'invalid_key' });

  it.each(['', 'a/b', '../x', 'two words', '__proto__', 'ünlaut', 'x'.repeat(65)])('cannot be %j', (name) => {
    expect(() => {
      registry.addChecker(name, checker);
    }).toThrow(/named with letters/);
  });

  it('can be what a URL and a store can hold', () => {
    registry.addChecker('my-vendor.eu_2', checker);
    expect(registry.get('my-vendor.eu_2')).toBe(checker);
  });
});

describe('the vendor of a provider', () => {
  const settings = { baseUrl: 'https://eu.acme.test' };
  const registry = new HealthCheckerRegistry({ getProviders: () => [] } as never, {} as never, new Map(), {
    providers: new Map([['acme', settings]]) as never,
  });

  class Acme extends BaseHealthChecker {
    constructor(override readonly vendor: VendorProfile) {
      super();
    }
    checkHealth = () => Promise.resolve({ outcome: 'ok' } as const);
    classifyError = () => ({ outcome: 'unknown' }) as const;
  }

  it('goes by the profile of its checker and by its settings, and is made once', () => {
    registry.addChecker('acme', new Acme({ name: 'acme', wireFormat: 'anthropic' }));
    const vendor = registry.vendor('acme');
    expect(vendor).toMatchObject({ name: 'acme', wireFormat: 'anthropic', baseUrl: 'https://eu.acme.test' });
    expect(registry.vendor('acme')).toBe(vendor);
    registry.addChecker('acme', new Acme({ name: 'acme', wireFormat: 'google' }));
    expect(registry.vendor('acme')).toMatchObject({ wireFormat: 'google' });
  });

  it('goes by its name where the checker has no profile, and by the OpenAI format where nothing is known', () => {
    const checker = StatusTableHealthChecker.from({ 401: 'invalid_key' });
    registry.addChecker('groq', checker);
    registry.addChecker('mine', checker);
    expect([registry.vendor('groq').label, registry.vendor('mine').wireFormat]).toEqual(['Groq', 'openai']);
    expect(() => registry.vendor('other')).toThrow(UnknownProviderError);
  });

  it('is refused where the checker of a user brings no profile that makes sense', () => {
    expect(() => {
      registry.addChecker('acme', new Acme({ name: 'acme', modelPaths: [/models/] }));
    }).toThrow(/vendor\.modelPaths\.0: must have a group/);
    expect(() => {
      registry.addChecker('acme', new Acme({ name: 'acme', keyTokens: [/\w*/] }));
    }).toThrow(/vendor\.keyTokens\.0: must not match an empty text/);
  });
});
