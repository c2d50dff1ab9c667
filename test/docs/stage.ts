import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DynamicModule, INestApplication, LoggerService, Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { VendorSimulator } from '../simulator';
import { WebhookReceiver } from '../support/webhook-receiver';

/** What the environment of a sample holds, beside the places of the simulated vendors. */
const ENVIRONMENT = {
  KEY_STORE: 'memory',
  HEALTH_CHECK_DEPTH: 'light',
  ADMIN_TOKEN: 'admin-token-0123456789',
  VIEWER_TOKEN: 'viewer-token-0123456789',
  LOG_LEVEL: 'error',
};

export const WEBHOOK_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

const nothing = (): undefined => undefined;
export const SILENT: LoggerService = { log: nothing, warn: nothing, error: nothing };

/** The simulated vendors and the environment that the samples meet, and the apps that were started of them. */
export class Stage {
  readonly #apps: { close(): Promise<void> }[] = [];
  readonly #servers: Server[] = [];

  private constructor(
    readonly simulator: VendorSimulator,
    /** Where the webhook of a sample is sent to. */
    readonly receiver: WebhookReceiver,
  ) {}

  static async open(): Promise<Stage> {
    const [simulator, receiver] = await Promise.all([VendorSimulator.start(), WebhookReceiver.start()]);
    const { openai, anthropic, google } = simulator;
    const groq = simulator.compatible('groq');
    Object.assign(process.env, ENVIRONMENT, {
      // With the version path, as OpenAI's SDK reads the same variable.
      OPENAI_BASE_URL: `${openai.baseUrl}/v1`,
      ANTHROPIC_BASE_URL: anthropic.baseUrl,
      GOOGLE_BASE_URL: google.baseUrl,
      GROQ_BASE_URL: groq.baseUrl,
      OPENAI_API_KEYS: openai.newKeys(2).join(),
      ANTHROPIC_API_KEYS: anthropic.newKeys(1).join(),
      GOOGLE_KEY_A: google.newKeys(1)[0],
      GOOGLE_KEY_B: google.newKeys(1)[0],
      GROQ_KEY: groq.newKeys(1)[0],
      KEY_WEBHOOK_URL: receiver.url,
      KEY_WEBHOOK_SECRET: WEBHOOK_SECRET,
    });
    return new Stage(simulator, receiver);
  }

  /** The module as a running app without HTTP. */
  async start(imported: Type | DynamicModule, ...providers: Type[]): Promise<TestingModule> {
    const testing = await Test.createTestingModule({ imports: [imported], providers })
      .setLogger(SILENT)
      .compile();
    this.#apps.push(testing);
    return testing.init();
  }

  /** The module's app over HTTP; `url` is its origin. */
  async serve(
    imported: Type | DynamicModule,
    setUp: (app: INestApplication) => void = () => undefined,
  ): Promise<string> {
    const testing = await Test.createTestingModule({ imports: [imported] })
      .setLogger(SILENT)
      .compile();
    const app = testing.createNestApplication({ logger: false });
    setUp(app);
    return this.listen(app);
  }

  async listen(app: INestApplication): Promise<string> {
    this.#apps.push(app);
    await app.listen(0, '127.0.0.1');
    return (await app.getUrl()).replace('[::1]', '127.0.0.1');
  }

  keep(app: { close(): Promise<void> }): void {
    this.#apps.push(app);
  }

  /** A vendor that answers by path, and by the key in its `authorization`. */
  async vendor(
    answer: (path: string, key: string, headers: IncomingHttpHeaders) => [status: number, body: object],
  ): Promise<string> {
    const server = createServer((request, response) => {
      const key = (request.headers.authorization ?? '').replace(/^Bearer /, '');
      const [status, body] = answer(request.url ?? '', key, request.headers);
      request.resume();
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Ends what one sample started. */
  async clear(): Promise<void> {
    for (const app of this.#apps.splice(0)) await app.close();
    for (const server of this.#servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  }

  async close(): Promise<void> {
    await this.clear();
    await this.receiver.close();
    await this.simulator.close();
  }
}
