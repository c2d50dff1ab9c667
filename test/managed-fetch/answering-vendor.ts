import type { TestingModule } from '@nestjs/testing';
import {
  KeyPoolService,
  ManagedFetchService,
  RetryExecutorService,
  type ManagedFetchOptions,
} from '../../src/key-management';
import { fakeKey } from '../simulator';
import { startKeyManagement } from '../support/key-management-app';
import { TinyServer } from './tiny-server';

const keys = [1, 2].map((n) => fakeKey('openai', n));
export const chat = (content: string) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
export const answer = JSON.stringify({
  id: 'x',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hello' } }],
});

export let server: TinyServer;
export let app: TestingModule;
/** Each test has a vendor of its own; its app it starts itself. */
export function useVendor(): void {
  beforeEach(async () => {
    server = await TinyServer.start();
  });
  afterEach(async () => {
    await app.close();
    await server.close();
  });
}

export async function start(limits?: { concurrency?: number; tokensPerMinute?: number }, count = 2): Promise<void> {
  app = await startKeyManagement({
    providers: { openai: { keys: keys.slice(0, count).map((key) => ({ key, limits })), baseUrl: server.origin } },
    healthCheckDepth: 'light',
    backoff: { initialMs: 0, maxMs: 0 },
    drainTimeoutMs: 300,
  });
  server.seen.splice(0);
}

export const POST = { method: 'POST', body: '{"model":"m"}' };
export const managed = (options?: ManagedFetchOptions, init: RequestInit = {}): Promise<Response> =>
  app.get(ManagedFetchService).for('openai', options)(`${server.origin}/v1/x`, { ...POST, ...init });
export const executor = () => app.get(RetryExecutorService);
export const inFlight = () =>
  app
    .get(KeyPoolService)
    .list()
    .reduce((sum, each) => sum + each.inFlight, 0);
export const statuses = () =>
  app
    .get(KeyPoolService)
    .list('openai')
    .map(({ status }) => status);
export const counts = () =>
  app
    .get(KeyPoolService)
    .list('openai')
    .map(({ successCount, errorCount }) => [successCount, errorCount]);
export const keyOf = ({ headers }: { headers: { authorization?: string } }) =>
  headers.authorization!.slice('Bearer '.length);

/** Resolves when it is so; the test's own time limit ends a wait in vain. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Answers with a stream that goes on until the reader leaves. */
export function endless(type: string, first: string) {
  const left: Promise<void>[] = [];
  server.answer = (response) => {
    left.push(
      new Promise((resolve) => {
        response.on('close', resolve);
      }),
    );
    response.writeHead(200, { 'content-type': type });
    const timer = setInterval(() => response.write(first), 5);
    response.on('close', () => void clearInterval(timer));
  };
  return left;
}
