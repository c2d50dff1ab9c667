import type { ServerResponse } from 'node:http';
import { TinyServer, type Seen } from '../managed-fetch/tiny-server';
import type { Imitation } from './imitations';

type Condition = 'good' | 'dead' | 'empty';

/** A vendor on loopback that looks at keys as the real one does. */
export class ImitatedVendor {
  /** How keys stand with the vendor; one that is not named is dead. */
  readonly keys = new Map<string, Condition>();
  /** Keys that calls (not probes) are refused for a while although they are good: the vendor is wrong. */
  readonly wrongly = new Set<string>();
  /** An origin that calls (not probes) are sent on to. */
  redirectsTo: string | undefined;
  /** Keys that served a call. */
  readonly served: string[] = [];

  private constructor(
    private readonly imitation: Imitation,
    private readonly server: TinyServer,
  ) {
    server.answer = (response, seen) => {
      this.#answer(response, seen);
    };
  }

  static async start(imitation: Imitation): Promise<ImitatedVendor> {
    return new ImitatedVendor(imitation, await TinyServer.start());
  }

  get origin(): string {
    return this.server.origin;
  }

  get baseUrl(): string {
    return this.server.origin + this.imitation.base;
  }

  close(): Promise<void> {
    return this.server.close();
  }

  #answer(response: ServerResponse, seen: Seen): void {
    if (this.redirectsTo !== undefined && seen.headers['x-test'] === 'call') {
      response.writeHead(307, { location: this.redirectsTo + seen.url }).end();
      return;
    }
    const { lists, call, dead, empty, callMethod = 'POST', refusesEmptyBody = false } = this.imitation;
    const url = new URL(seen.url, this.server.origin);
    const list = lists.find(({ path }) => path === url.pathname);
    if (list && seen.method === 'GET') {
      const condition = this.#conditionOf(url, seen);
      return list.open || condition !== 'dead'
        ? send(response, 200, { data: [] })
        : send(response, dead.status, dead.body);
    }
    // A deep probe may name another model in the path than the call does.
    const isCall = seen.method === callMethod && sameButForModel(url.pathname, call);
    if (!isCall) return send(response, 404, { error: { message: 'Not Found', code: 'not_found' } });
    const condition = this.#conditionOf(url, seen);
    if (condition === 'dead') return send(response, dead.status, dead.body);
    if (refusesEmptyBody && (seen.body === '' || seen.body === '{}') && callMethod === 'POST')
      return send(response, 400, { error: { message: 'model: field required', type: 'invalid_request' } });
    const key = this.#keyIn(url, seen);
    if (this.wrongly.has(key) && seen.headers['x-test'] === 'call') return send(response, dead.status, dead.body);
    if (condition === 'empty') return send(response, empty.status, empty.body);
    if (seen.headers['x-test'] === 'call') this.served.push(key);
    send(response, 200, { id: 'x', choices: [{ message: { content: 'pong' } }] });
  }

  #conditionOf(url: URL, seen: Seen): Condition {
    return this.keys.get(this.#keyIn(url, seen)) ?? 'dead';
  }

  /** The key at the one place where this vendor looks for it. */
  #keyIn(url: URL, { headers }: Seen): string {
    const { credential } = this.imitation;
    if ('query' in credential) return url.searchParams.get(credential.query) ?? '';
    const value = String(headers[credential.header] ?? '');
    const scheme = credential.scheme === undefined ? '' : `${credential.scheme} `;
    return value.startsWith(scheme) ? value.slice(scheme.length) : '';
  }
}

const sameButForModel = (path: string, call: string): boolean =>
  path === call ||
  path.replace(/\/(?:model|deployments)\/[^/]+\//, '/*/') === call.replace(/\/(?:model|deployments)\/[^/]+\//, '/*/');

function send(response: ServerResponse, status: number, body: unknown): void {
  const isPage = typeof body === 'string' && body.startsWith('<');
  response.writeHead(status, { 'content-type': isPage ? 'text/html' : 'application/json' });
  response.end(isPage ? body : JSON.stringify(body));
}
