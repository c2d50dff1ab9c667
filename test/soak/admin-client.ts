import { Agent, request } from 'node:http';
import { PATIENCE_MS } from './client-call';

export const ADMIN = 'admin-token-of-the-soak-0001';
export const VIEWER = 'viewer-token-of-the-soak-0001';

export interface Answer {
  /** The HTTP status; 0 where no answer came, then the text says why. */
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
    const { status, text } = answer;
    if (!expected.includes(status))
      this.#note(`${method} ${shape(path)}: ${status === 0 ? text.slice(0, 60) : status}`);
    if (this.isSecret(text)) this.#note(`${method} ${shape(path)}: a key in the answer`);
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
          incoming.on('close', () => {
            if (incoming.complete) resolve({ status: incoming.statusCode!, text });
            else resolve({ status: 0, text: `broken off after ${text}` });
          });
        },
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')));
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        // The server closed an idle connection at the moment of its reuse: try once more, as every client does.
        if (outgoing.reusedSocket && error.code === 'ECONNRESET') resolve(this.#send(method, path, body));
        else resolve({ status: 0, text: error.message });
      });
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

const shape = (path: string): string => path.replace(/[0-9a-f]{16}/, ':id').replace(/\?.*/, '');
