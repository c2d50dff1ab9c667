import { Agent, get, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GracefulShutdown } from '../../src/graceful-shutdown';
import { KeyManagementModule, RetryExecutorService } from '../../src/key-management';
import { settle } from '../support/fake-clock';
import { startKeyManagement } from '../support/key-management-app';

const KEY = 'sk-proj-for-the-drain-test-0000000001';

describe('calls in flight when the app ends', () => {
  it('are waited for', async () => {
    const app = await startKeyManagement({ providers: { openai: { keys: [KEY], baseUrl: 'http://127.0.0.1:1' } } });
    let finish: ((answer: string) => void) | undefined;
    const call = app
      .get(RetryExecutorService)
      .execute('openai', () => new Promise<string>((resolve) => (finish = resolve)));
    await settle();
    let closed = false;
    const closing = app.close().then(() => (closed = true));
    await settle();
    expect(closed).toBe(false);
    finish!('done');
    await closing;
    expect(await call).toMatchObject({ success: true, response: 'done' });
  });
});

describe('connections whose request ends after the app was told to end', () => {
  let finish: ((answer: string) => void) | undefined;

  @Controller()
  class SlowController {
    @Get('slow')
    slow(): Promise<string> {
      return new Promise((resolve) => (finish = resolve));
    }
  }
  @Module({
    imports: [KeyManagementModule.forRoot({ store: { kind: 'memory' }, drainTimeoutMs: 600_000 })],
    controllers: [SlowController],
    providers: [GracefulShutdown],
  })
  class HostModule {}

  it('are not kept alive', async () => {
    const app = await NestFactory.create(HostModule, { logger: false });
    await app.listen(0, '127.0.0.1');
    const server = app.getHttpServer() as Server;
    server.keepAliveTimeout = 600_000;
    const agent = new Agent({ keepAlive: true });
    const { port } = server.address() as AddressInfo;
    const answered = once(get({ port, path: '/slow', agent }), 'response') as Promise<[IncomingMessage]>;
    await once(server, 'request');
    const closing = app.close();
    finish!('done');
    const [answer] = await answered;
    expect(await answer.setEncoding('utf8').toArray()).toEqual(['done']);
    await closing;
    agent.destroy();
  });
});
