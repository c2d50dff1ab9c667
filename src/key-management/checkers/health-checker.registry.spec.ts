import { HealthCheckerRegistry } from './health-checker.registry';
import { StatusTableHealthChecker } from './status-table.health-checker';

describe('the names of providers', () => {
  const registry = new HealthCheckerRegistry({ getProviders: () => [] } as never, {} as never, new Map());
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
