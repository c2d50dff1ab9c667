import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ScheduleModule } from '@nestjs/schedule';
import {
  BaseHealthChecker,
  HealthChecker,
  KeyManagementModule,
  ManagedFetchService,
  RetryExecutorService,
  setupKeyManagementDocs,
  type Classification,
  type HealthResult,
  type ProbeContext,
  type VendorError,
} from 'nestjs-ai-key-management';

const { VENDOR_URL = '', OPENAI_API_KEYS = '', ACME_KEY = '', KEY_STORE_PATH = '', COMPAT_TOKEN = '' } = process.env;

interface Hello {
  answer: string;
}

@HealthChecker('acme')
class AcmeHealthChecker extends BaseHealthChecker {
  async checkHealth(apiKey: string, { signal }: ProbeContext): Promise<HealthResult> {
    const answer = await fetch(`${VENDOR_URL}/acme/me`, { headers: { 'x-acme-key': apiKey }, signal });
    return { outcome: answer.ok ? 'ok' : 'invalid_key' };
  }

  classifyError({ status }: VendorError): Classification {
    return { outcome: status === 401 ? 'invalid_key' : 'unknown' };
  }
}

@Controller('calls')
class CallsController {
  constructor(
    private readonly executor: RetryExecutorService,
    private readonly managed: ManagedFetchService,
  ) {}

  @Get('executor')
  async execute(): Promise<object> {
    const result = await this.executor.executeOpenAi(({ apiKey, fetch }) =>
      fetch(`${VENDOR_URL}/v1/responses`, { method: 'POST', headers: { authorization: `Bearer ${apiKey}` } }),
    );
    const outcomes = result.attempts.map(({ outcome }) => outcome);
    if (!result.success) return { success: false, outcomes, message: result.errorMessage };
    return { success: true, outcomes, answer: ((await result.response.json()) as Hello).answer };
  }

  @Get('managed-fetch')
  async managedFetch(): Promise<object> {
    const init = { method: 'POST', headers: { authorization: 'Bearer managed' }, body: '{"model":"m"}' };
    const response = await this.managed.for('openai')(`${VENDOR_URL}/v1/responses`, init);
    return { status: response.status, answer: ((await response.json()) as Hello).answer };
  }

  @Get('acme')
  async acme(): Promise<object> {
    const response = await this.executor.executeOrThrow('acme', ({ apiKey, signal }) =>
      fetch(`${VENDOR_URL}/acme/song`, { headers: { 'x-acme-key': apiKey }, signal }),
    );
    return { answer: ((await response.json()) as Hello).answer };
  }
}

@Module({
  imports: [
    ScheduleModule.forRoot(),
    KeyManagementModule.forRoot({
      providers: {
        openai: { keys: OPENAI_API_KEYS.split(','), baseUrl: VENDOR_URL },
        acme: { keys: [{ key: ACME_KEY, label: 'acme' }], baseUrl: VENDOR_URL },
      },
      store: { kind: 'file', path: KEY_STORE_PATH },
      adminToken: COMPAT_TOKEN,
    }),
  ],
  controllers: [CallsController],
  providers: [AcmeHealthChecker],
})
class AppModule {}

async function main(): Promise<void> {
  const adapter = process.argv[2] === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
  const app = await NestFactory.create(AppModule, adapter, { logger: ['error', 'warn'] });
  app.enableShutdownHooks();
  setupKeyManagementDocs(app);
  await app.listen(0, '127.0.0.1');
  console.log(`listening ${await app.getUrl()}`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
