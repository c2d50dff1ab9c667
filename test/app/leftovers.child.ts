import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ScheduleModule } from '@nestjs/schedule';
import { KeyManagementModule, RetryExecutorService, setupKeyManagementDocs } from '../../src/key-management';

const [adapter, key, baseUrl] = process.argv.slice(2) as [string, string, string];

@Module({
  imports: [
    ScheduleModule.forRoot(),
    KeyManagementModule.forRoot({
      store: { kind: 'memory' },
      adminToken: 'adm-h3Xq9TzK2vLm7RcW5nYp',
      providers: { openai: { keys: [key], baseUrl } },
    }),
  ],
})
class HostModule {}

/** Node's own fetch keeps idle sockets, which hold up nobody. */
const resources = (): string[] =>
  process.getActiveResourcesInfo().filter((each) => !/Pipe|TTY|FS|Immediate|TCPSocket/.test(each));

/** Starts, serves, closes, and prints what is left. Then ends by itself, or hangs. */
async function main(): Promise<void> {
  const app =
    adapter === 'fastify'
      ? await NestFactory.create(HostModule, new FastifyAdapter(), { logger: false })
      : await NestFactory.create(HostModule, { logger: false });
  setupKeyManagementDocs(app);
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const statuses: number[] = [];
  for (const path of ['/health', '/docs', '/docs-json', '/docs/swagger-ui.css', '/health/keys']) {
    const answer = await fetch(url + path, { headers: { authorization: 'Bearer wrong', connection: 'close' } });
    await answer.text();
    statuses.push(answer.status);
  }
  const call = await app
    .get(RetryExecutorService)
    .execute('openai', () => Promise.resolve('done'), { timeoutMs: 60_000, attemptTimeoutMs: 60_000 });
  await app.close();
  // Closed handles are counted for some turns of the event loop more.
  for (let turn = 0; turn < 1_000 && resources().length > 0; turn += 1) await new Promise(setImmediate);
  console.log(JSON.stringify({ statuses, success: call.success, left: resources() }));
}

void main();
