import { ConfigurationService } from './configuration.service';
import { KeyManagementConfigurationError, resolveOptions } from './resolve-options';

describe('ConfigurationService', () => {
  const service = (): ConfigurationService => new ConfigurationService(resolveOptions({}, {}));

  it('starts with the options, and changes what it is told to', () => {
    const configuration = service();
    expect(configuration.current).toEqual({ maxRetries: 3, healthCheckIntervalMinutes: 10 });
    expect(configuration.update({ maxRetries: 0 })).toEqual({ maxRetries: 0, healthCheckIntervalMinutes: 10 });
    expect(configuration.update({ healthCheckIntervalMinutes: 0.5 })).toEqual({
      maxRetries: 0,
      healthCheckIntervalMinutes: 0.5,
    });
    expect(configuration.update({})).toEqual(configuration.current);
  });

  it.each<[object, string[]]>([
    [{ maxRetries: -1 }, ['maxRetries: must be 0 or more.']],
    [{ maxRetries: null }, ['maxRetries: must be a whole number.']],
    [
      { maxRetries: 2, healthCheckIntervalMinutes: Number.NaN },
      ['healthCheckIntervalMinutes: must be a number of minutes.'],
    ],
    [
      { maxRetries: '5', healthCheckIntervalMinutes: 0 },
      ['maxRetries: must be a whole number.', 'healthCheckIntervalMinutes: must be 0.05 minutes (3 s) or more.'],
    ],
    [{ max_retries: 5 }, ['configuration: has no setting named "max_retries"; correct the name, or leave it out.']],
  ])('refuses %j and changes nothing', (changes, problems) => {
    const configuration = service();
    expect(() => configuration.update(changes)).toThrow(new KeyManagementConfigurationError(problems));
    expect(configuration.current).toEqual({ maxRetries: 3, healthCheckIntervalMinutes: 10 });
  });

  it('gives out nothing that could be changed behind its back', () => {
    const configuration = service();
    expect(Object.isFrozen(configuration.current)).toBe(true);
    configuration.update({ maxRetries: 1 }).maxRetries = 99;
    expect(configuration.current.maxRetries).toBe(1);
  });
});
