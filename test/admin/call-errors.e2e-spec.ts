import { Controller, Get, Module } from '@nestjs/common';
import { RetryExecutorService } from '../../src/key-management';
import { VendorSimulator } from '../simulator';
import { ADAPTERS, startApi, type ApiUnderTest } from './support';

@Controller('ask')
class AskController {
  constructor(private readonly executor: RetryExecutorService) {}

  @Get()
  async ask() {
    const result = await this.executor.executeOpenAi(
      ({ apiKey, fetch }) =>
        fetch(`${AskController.baseUrl}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'gpt-5-nano', messages: [{ role: 'user', content: 'hi' }] }),
        }),
      { model: 'gpt-5-nano', maxWaitMs: 0, maxRetries: 0 },
    );
    if (!result.success) throw result.error;
    return result.response.json() as Promise<object>;
  }

  static baseUrl = '';
}
@Module({ controllers: [AskController] })
class AskModule {}

describe.each(ADAPTERS)('the exported filter in a host app, on %s', (adapter) => {
  let simulator: VendorSimulator;
  let api: ApiUnderTest;
  afterEach(async () => {
    await api.app.close();
    await simulator.close();
  });

  it('E7: answers a thrown result with a status and Retry-After', async () => {
    simulator = await VendorSimulator.start();
    const keys = simulator.openai.newKeys(1) as [string];
    AskController.baseUrl = simulator.openai.baseUrl;
    const providers = { openai: { keys, baseUrl: simulator.openai.baseUrl } };
    api = await startApi({ adapter, options: { providers, healthCheckDepth: 'light' }, imports: [AskModule] });
    await api.send('get', '/ask', null).expect(200);

    simulator.openai.key(keys[0], { kind: 'alwaysRateLimited', retryAfterMs: 90_000 });
    await api.send('get', '/ask', null).expect(429);
    const limited = await api.send('get', '/ask', null).expect(429);
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(60);
    expect(limited.body).toEqual({
      statusCode: 429,
      error: 'Too Many Requests',
      message: 'Too many requests to the AI vendor. Try again later.',
      code: 'NO_HEALTHY_KEYS',
    });
  });
});
