import type { ServerResponse } from 'node:http';
import type { TestingModule } from '@nestjs/testing';
import {
  keyIdOf,
  KeyPoolService,
  ManagedFetchService,
  RetryExecutorService,
  type ExecutionReport,
} from '../../src/key-management';
import { BUILT_IN_VENDORS } from '../../src/key-management/vendors';
import { TinyServer } from '../managed-fetch/tiny-server';
import { startKeyManagement } from '../support/key-management-app';
import { VENDOR_CASES, type VendorCase } from './vendor-cases';

const removed = new Set(['invalid_key', 'quota_exceeded']);

/** One key of each vendor, let in while its probes are answered well; then every answer is that of the case. */
class Stage {
  private constructor(
    readonly server: TinyServer,
    readonly app: TestingModule,
    readonly key: string,
    private readonly vendor: string,
  ) {}

  static async start(vendor: string): Promise<Stage> {
    const server = await TinyServer.start();
    server.answer = (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[]}');
    const key = `${vendor}-case-0123456789abcdefABCDEF`;
    const app = await startKeyManagement({
      providers: { [vendor]: { keys: [key], baseUrl: server.origin } },
      healthCheckDepth: 'light',
      backoff: { initialMs: 1, maxMs: 2 },
    });
    return new Stage(server, app, key, vendor);
  }

  show(item: VendorCase): void {
    this.server.answer = (response) => {
      answer(response, item);
    };
  }

  get status(): string | undefined {
    return this.app.get(KeyPoolService).get(this.vendor, keyIdOf(this.key))?.status;
  }

  url(item: VendorCase): string {
    return `${this.server.origin}${item.path ?? '/v1/chat/completions'}`;
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.server.close();
  }
}

function answer(response: ServerResponse, { status, headers, body, sse }: VendorCase): void {
  if (sse !== undefined)
    return void response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' }).end(sse);
  const isText = typeof body === 'string';
  const type = isText ? (body.startsWith('<') ? 'text/html' : 'text/plain') : 'application/json';
  response.writeHead(status, { 'content-type': type, ...headers });
  response.end(isText ? body : JSON.stringify(body));
}

function expectVerdict(stage: Stage, { attempts }: ExecutionReport, item: VendorCase): void {
  const { expected, acceptable = [] } = item;
  expect([expected.outcome, ...acceptable]).toContain(attempts[0]?.outcome);
  if (attempts[0]?.outcome !== expected.outcome) return;
  expect(removed.has(stage.status ?? '')).toBe(expected.keyAction === 'remove');
}

const cases = VENDOR_CASES.filter(({ phase, vendor }) => phase === 'http' && BUILT_IN_VENDORS.has(vendor));

describe.each(cases.map((item) => [item.id, item] as const))('%s', (_id, item) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await Stage.start(item.vendor);
    stage.show(item);
  });
  afterEach(() => stage.close());

  it('through execute', async () => {
    const report = await stage.app.get(RetryExecutorService).execute(
      item.vendor,
      async ({ fetch, signal }) => {
        const response = await fetch(stage.url(item), { method: 'POST', body: '{"model":"m"}', signal });
        return response.ok ? ((await response.json()) as unknown) : response;
      },
      { maxRetries: 0, maxWaitMs: 0 },
    );
    expectVerdict(stage, report, item);
  });

  it('through the managed fetch', async () => {
    const reports: ExecutionReport[] = [];
    const executor = stage.app.get(RetryExecutorService);
    const run = executor.run.bind(executor);
    jest.spyOn(executor, 'run').mockImplementation(async (...given) => {
      const result = await run(...given);
      reports.push(result);
      return result;
    });
    const fetch = stage.app.get(ManagedFetchService).for(item.vendor, { maxRetries: 0, maxWaitMs: 0 });
    const response = await fetch(stage.url(item), { method: 'POST', body: '{"model":"m"}' });
    const text = await response.text();
    expect(text).not.toContain(stage.key);
    expectVerdict(stage, reports[0]!, item);
  });
});
