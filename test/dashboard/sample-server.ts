import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { DashboardFiles } from '../../src/key-management/dashboard/dashboard-files';
import { assetHeaders, PAGE_HEADERS, pageHtml } from '../../src/key-management/dashboard/dashboard-page';
import type {
  FailedCall,
  KeyEntry,
  KeyStatus,
  KeyVerdict,
  LogEvent,
  ProviderFigures,
} from '../../src/key-management/dashboard/ui/api/types';
import { sampleBulk, sampleDetails, sampleFailedCalls, sampleKeyEvents, sampleKeyTimeline } from './sample-details';
import { chance, figuresDocument, sampleEvents, sampleFigures, sampleKey, sampleVendor } from './sample-data';

export const SAMPLE_ADMIN = 'sample-admin-token-000';
export const SAMPLE_VIEWER = 'sample-viewer-token-00';

/** By the last digit of the key; any other is good. */
const VERDICTS: Readonly<Record<number, Omit<KeyVerdict, 'masked_key'>>> = {
  3: { verdict: 'refused', status: null, outcome: 'invalid_key', reason: 'Incorrect API key provided' },
  5: {
    verdict: 'added',
    status: 'quota_exceeded',
    outcome: 'quota_exceeded',
    reason: 'You exceeded your current quota',
  },
  6: { verdict: 'present', status: 'healthy', outcome: 'ok', reason: null },
};

const SESSION_PROVIDERS = ['openai', 'anthropic', 'google'];
const SESSION_VENDORS = Object.fromEntries(SESSION_PROVIDERS.map((provider) => [provider, sampleVendor(provider)]));

interface SampleOptions {
  folder: string;
  /** Keys by provider; a status instead of a draw for the first ones. */
  keys: Record<string, number>;
  quiet?: boolean;
  port?: number;
}

/** Answers like the app, with made-up data: for screenshots, and for what is hard to reach with the real one. */
export class SampleServer {
  readonly keys = new Map<string, KeyEntry>();
  events: LogEvent[];
  requests: string[] = [];
  /** Answers to lists of keys that are held back, to see the page load. */
  #held: (() => void)[] | undefined;
  figures: Record<string, ProviderFigures> = {};
  /** Undefined: the server keeps none. */
  failedCalls: FailedCall[] | undefined = [];
  configuration = { max_retries: 3, health_check_interval_minutes: 10 };
  storeAwaySince: string | null = null;
  readonly #files: DashboardFiles;
  readonly #streams = new Set<ServerResponse>();
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port: number;

  private constructor({ folder, keys, quiet = false, port = 0 }: SampleOptions) {
    this.#files = new DashboardFiles(folder);
    this.#port = port;
    const next = chance(7);
    const now = Date.now();
    for (const [provider, count] of Object.entries(keys)) {
      const made = Array.from({ length: count }, () => sampleKey(provider, next, now));
      for (const key of made) this.keys.set(key.id, key);
      this.figures[provider] = sampleFigures(made, next, now, quiet);
    }
    this.failedCalls = quiet ? [] : sampleFailedCalls([...this.keys.values()], 120, now);
    this.events = quiet ? [] : sampleEvents([...this.keys.values()], now);
  }

  static async start(options: SampleOptions): Promise<SampleServer> {
    const server = new SampleServer(options);
    await server.listen();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/dashboard`;
  }

  async listen(): Promise<void> {
    const server = createServer((request, response) => this.#answer(request, response));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** As if the process had ended. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => (this.#server ? this.#server.close(resolve) : resolve(undefined)));
    this.#server = undefined;
  }

  holdKeys(): void {
    this.#held = [];
  }

  releaseKeys(): void {
    for (const answer of this.#held ?? []) answer();
    this.#held = undefined;
  }

  change(key: KeyEntry, to: KeyStatus, reason: string): void {
    const event: LogEvent = {
      id: (this.events[0]?.id ?? 0) + 1,
      at: new Date().toISOString(),
      type: 'status_changed',
      provider: key.provider,
      key_id: key.id,
      masked_key: key.masked_key,
      by: 'call',
      from: key.status,
      to,
      reason,
    };
    this.keys.set(key.id, { ...key, status: to, reason });
    this.events.unshift(event);
    for (const stream of this.#streams) stream.write(`id: ${event.id}\nevent: key\ndata: ${JSON.stringify(event)}\n\n`);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://sample');
    this.requests.push(`${request.method} ${url.pathname}`);
    if (this.#page(url.pathname, response)) return;
    const role = this.#roleOf(request);
    if (!role) return json(response, 401, { message: 'The token is not valid.' });
    if (request.method !== 'GET' && role !== 'admin')
      return json(response, 403, { message: 'A viewer may not do this.' });
    let body = '';
    request.on('data', (piece: Buffer) => (body += piece.toString()));
    request.on('end', () => this.#route(request, url, role, body, response));
  }

  #page(path: string, response: ServerResponse): boolean {
    const built = this.#files.built()!;
    const asset = built.assets.get(path.split('/').at(-1) ?? '');
    if (path === '/dashboard') response.writeHead(200, PAGE_HEADERS).end(pageHtml(built, path, 'token'));
    else if (asset) response.writeHead(200, assetHeaders(asset.contentType)).end(asset.text);
    else return false;
    return true;
  }

  #roleOf({ headers }: IncomingMessage): 'admin' | 'viewer' | undefined {
    if (headers.authorization === `Bearer ${SAMPLE_ADMIN}`) return 'admin';
    return headers.authorization === `Bearer ${SAMPLE_VIEWER}` ? 'viewer' : undefined;
  }

  #route({ method }: IncomingMessage, url: URL, role: string, body: string, response: ServerResponse): void {
    const path = url.pathname.slice(1);
    const key = this.keys.get(path.split('/')[4] ?? '');
    if (path === 'dashboard/session')
      return json(response, 200, { role, providers: SESSION_PROVIDERS, vendors: SESSION_VENDORS });
    if (path === 'dashboard/figures')
      return json(response, 200, figuresDocument(this.figures, Date.now(), this.configuration, this.storeAwaySince));
    if (path === 'admin/configuration') {
      if (method === 'PATCH') Object.assign(this.configuration, JSON.parse(body));
      return json(response, 200, this.configuration);
    }
    if (path === 'admin/events') return this.#eventPage(url, response);
    if (path === 'admin/failed-calls') return this.#failedCallPage(url, response);
    if (/^analytics\/[^/]+$/.test(path)) {
      const { models, window } = this.figures[path.split('/')[1]!]!;
      const usage_by_model = models.map(({ model, calls }) => ({ ...window.usage, model, requests: calls }));
      return json(response, 200, { summary: { usage_by_model } });
    }
    if (path.startsWith('analytics/') && path.endsWith('/timeline'))
      return json(response, 200, { timeline: sampleKeyTimeline(Date.now()) });
    if (path.endsWith('/keys/bulk'))
      return json(response, 200, sampleBulk(this.keys, path.split('/')[2]!, JSON.parse(body) as never));
    if (path === 'admin/events/stream') return this.#stream(response);
    if (path === 'admin/health-checks')
      return json(response, 200, {
        checked_keys: this.keys.size,
        healthy_keys: this.keys.size,
        removed_keys: 0,
        duration: 0.8,
        keys: [],
      });
    if (/^admin\/providers\/[^/]+\/keys$/.test(path))
      return this.#keys(method, url, path.split('/')[2]!, body, response);
    if (!key) return json(response, 404, { message: 'The provider has no key of that id.' });
    if (method === 'DELETE') {
      this.keys.delete(key.id);
      response.writeHead(204).end();
      return;
    }
    if (method === 'PATCH') {
      const { enabled, limits, ...rest } = JSON.parse(body) as Partial<KeyEntry>;
      const switched = enabled !== undefined && { enabled, status: enabled ? 'healthy' : 'disabled', reason: null };
      const changed = { ...key, ...rest, limits: { ...key.limits, ...limits }, ...switched };
      this.keys.set(key.id, changed as KeyEntry);
    }
    const now = this.keys.get(key.id)!;
    if (path.endsWith('/check')) json(response, 200, { outcome: 'ok', reason: null, key: now });
    else json(response, 200, method === 'GET' ? sampleDetails(now, [...this.keys.values()], Date.now()) : now);
  }

  #eventPage({ searchParams }: URL, response: ServerResponse): void {
    const key = this.keys.get(searchParams.get('key_id') ?? '');
    json(response, 200, { events: key ? sampleKeyEvents(key, Date.now()) : this.events, next_cursor: null });
  }

  #failedCallPage({ searchParams }: URL, response: ServerResponse): void {
    if (!this.failedCalls) return json(response, 404, { message: 'Failed calls are not kept: the option is false.' });
    const is = (name: string, value: string): boolean => (searchParams.get(name) ?? value) === value;
    const calls = this.failedCalls.filter(
      ({ provider, outcome }) => is('provider', provider) && is('outcome', outcome),
    );
    json(response, 200, { failed_calls: calls, next_cursor: null });
  }

  #keys(method: string | undefined, url: URL, provider: string, body: string, response: ServerResponse): void {
    if (method === 'POST') {
      const { keys } = JSON.parse(body) as { keys: { key: string }[] };
      const verdicts = keys.map(({ key }) => ({
        masked_key: `${key.slice(0, 7)}...${key.slice(-4)}`,
        ...(VERDICTS[Number(key.at(-1))] ?? { verdict: 'added', status: 'healthy', outcome: 'ok', reason: null }),
      }));
      setTimeout(() => json(response, 200, { keys: verdicts, notice: null }), 30);
      return;
    }
    const all = [...this.keys.values()].filter((key) => key.provider === provider);
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const to = from + Number(url.searchParams.get('limit'));
    const answer = (): void =>
      json(response, 200, {
        keys: all.slice(from, to),
        total_keys: all.length,
        next_cursor: to < all.length ? String(to) : null,
      });
    if (this.#held) this.#held.push(answer);
    else answer();
  }

  #stream(response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write('event: heartbeat\ndata: {}\n\n');
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
