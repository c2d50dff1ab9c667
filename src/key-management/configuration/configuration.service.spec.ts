import { ConfigurationService } from './configuration.service';
import { KeyManagementConfigurationError, resolveOptions } from './resolve-options';

describe('ConfigurationService', () => {
  const service = (): ConfigurationService => new ConfigurationService(resolveOptions({}, {}));

  it('starts with the options, and changes what it is told to', async () => {
    const configuration = service();
    expect(configuration.current).toEqual({ maxRetries: 3, healthCheckIntervalMinutes: 10 });
    expect(await configuration.update({ maxRetries: 0 })).toEqual({ maxRetries: 0, healthCheckIntervalMinutes: 10 });
    expect(await configuration.update({ healthCheckIntervalMinutes: 0.5 })).toEqual({
      maxRetries: 0,
      healthCheckIntervalMinutes: 0.5,
    });
    expect(await configuration.update({})).toEqual(configuration.current);
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
  ])('refuses %j and changes nothing', async (changes, problems) => {
    const configuration = service();
    await expect(configuration.update(changes)).rejects.toThrow(new KeyManagementConfigurationError(problems));
    expect(configuration.current).toEqual({ maxRetries: 3, healthCheckIntervalMinutes: 10 });
  });

  it('gives out nothing that could be changed behind its back', async () => {
    const configuration = service();
    expect(Object.isFrozen(configuration.current)).toBe(true);
    (await configuration.update({ maxRetries: 1 })).maxRetries = 99;
    expect(configuration.current.maxRetries).toBe(1);
  });
});
