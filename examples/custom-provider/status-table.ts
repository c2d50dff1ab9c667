import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import {
  HealthCheckerRegistry,
  KeyManagementModule,
  RetryExecutorService,
  StatusTableHealthChecker,
} from '../../src/key-management';

/** A provider of which only the HTTP statuses are known. Its keys enter the pool unproven, and their first calls prove them. */
@Injectable()
export class WeatherService implements OnModuleInit {
  readonly #url = process.env.WEATHER_URL ?? 'https://api.weather.example';

  constructor(
    private readonly registry: HealthCheckerRegistry,
    private readonly executor: RetryExecutorService,
  ) {}

  onModuleInit(): void {
    const table = StatusTableHealthChecker.from({
      401: 'invalid_key',
      402: 'quota_exceeded',
      404: 'bad_request',
      429: 'rate_limited',
      503: 'overloaded',
    });
    this.registry.addChecker('weather', table);
  }

  async forecast(city: string): Promise<string> {
    // A Response with a status other than 2xx is a failed attempt, after which the next key is tried.
    const answer = await this.executor.executeOrThrow('weather', ({ apiKey, signal }) =>
      fetch(`${this.#url}/v1/forecast?city=${encodeURIComponent(city)}`, {
        headers: { authorization: `Bearer ${apiKey}` },
        signal,
      }),
    );
    const { forecast } = (await answer.json()) as { forecast: string };
    return forecast;
  }
}

@Module({
  imports: [
    ScheduleModule.forRoot(),
    KeyManagementModule.forRootAsync({
      useFactory: () => ({ providers: { weather: { keys: process.env.WEATHER_API_KEYS?.split(',') } } }),
    }),
  ],
  providers: [WeatherService],
})
export class StatusTableModule {}
