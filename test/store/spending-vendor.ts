import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { seededRandom } from '../support/fake-clock';

/** What a million tokens cost. US dollars. */
const USD_PER_MILLION = 1;

/** A vendor whose answers take a while and cost what their usage says: it charges for each request that it has read, whoever still listens. */
export class SpendingVendor {
  /** US dollars, for answers and for what is being answered. */
  charged = 0;
  /** US dollars, for what is being answered. */
  inFlight = 0;
  /** The most calls that were in flight at once. */
  mostAtOnce = 0;
  #atOnce = 0;
  readonly #random = seededRandom(7);

  private constructor(private readonly server: Server) {}

  /** @param most The most tokens that a call takes; each takes half of it or more. */
  static async start(most: number): Promise<SpendingVendor> {
    const server = createServer({ keepAlive: true });
    const vendor = new SpendingVendor(server);
    server.on('request', (request, response) => {
      request.resume().once('end', () => {
        const tokens = Math.round((most * (1 + vendor.#random())) / 2);
        const usd = (tokens / 1e6) * USD_PER_MILLION;
        vendor.#begun(usd);
        setTimeout(
          () => {
            vendor.#ended(usd);
            response.setHeader('content-type', 'application/json');
            response.end(JSON.stringify({ choices: [], usage: { prompt_tokens: tokens, completion_tokens: 0 } }));
          },
          4_000 + 2_000 * vendor.#random(),
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return vendor;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #begun(usd: number): void {
    this.charged += usd;
    this.inFlight += usd;
    this.mostAtOnce = Math.max(this.mostAtOnce, (this.#atOnce += 1));
  }

  #ended(usd: number): void {
    this.inFlight -= usd;
    this.#atOnce -= 1;
  }
}
