import { Agent, request } from 'node:http';
import { PATIENCE_MS } from './client-call';

export const ADMIN = 'admin-token-of-the-soak-0001';
export const VIEWER = 'viewer-token-of-the-soak-0001';

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** The HTTP API, over connections that last as long as the burst of requests they belong to. */
export class AdminClient {
  requests = 0;
  /** Answers that no route should give, counted. */
  readonly unexpected = new Map<string, number>();
  #agent = new Agent({ keepAlive: true, maxSockets: 8 });
  #inFlight = 0;

  constructor(
    private readonly url: string,
    private readonly isSecret: (text: string) => boolean,
  ) {}

  get idle(): boolean {
    return this.#inFlight === 0;
  }

  closeConnections(): void {
    this.#agent.destroy();
    this.#agent = new Agent({ keepAlive: true, maxSockets: 8 });
  }

  /** @param expected Statuses that are no fault. */
  async send(method: string, path: string, body?: object, expected: readonly number[] = [200]): Promise<Answer> {
    this.#inFlight += 1;
    this.requests += 1;
    const answer = await this.#send(method, path, body).finally(() => (this.#inFlight -= 1));
    if (!expected.includes(answer.status)) this.#note(`${method} ${shape(path)}: ${answer.status}`);
    if (this.isSecret(answer.text)) this.#note(`${method} ${shape(path)}: a key in the answer`);
    return answer;
  }

  #note(what: string): void {
    this.unexpected.set(what, (this.unexpected.get(what) ?? 0) + 1);
  }

  #send(method: string, path: string, body?: object): Promise<Answer> {
    return new Promise((resolve) => {
      const headers = { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' };
      const outgoing = request(
        this.url + path,
        { method, headers, agent: this.#agent, timeout: PATIENCE_MS },
        (incoming) => {
          let text = '';
          incoming.setEncoding('utf8').on('data', (piece: string) => (text += piece));
          incoming.on('close', () => resolve({ status: incoming.complete ? incoming.statusCode! : 0, text }));
        },
      );
      outgoing.on('timeout', () => outgoing.destroy());
      outgoing.on('error', (error) => resolve({ status: 0, text: error.message }));
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

const shape = (path: string): string => path.replace(/[0-9a-f]{16}/, ':id').replace(/\?.*/, '');
