import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What the proxy does with connections and data. */
export type Weather =
  | { readonly kind: 'open' }
  /** Like a broken cable: no data passes, and no end of a connection either. New connections are accepted. */
  | { readonly kind: 'silent' }
  /** Every connection is reset, new ones at once. */
  | { readonly kind: 'reset' }
  /** Nothing is listening. */
  | { readonly kind: 'refuse' }
  /** Everything arrives this much later; milliseconds. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Every piece of data is answered with these bytes. */
  | { readonly kind: 'garbage'; readonly bytes: string };

const OPEN: Weather = { kind: 'open' };

/** A TCP proxy to one port on loopback, which can fail in several ways (its `weather`). */
export class FaultyProxy {
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #dead = new WeakSet<Socket>();
  #server: Server | undefined;
  #weather: Weather = OPEN;
  port = 0;
  /** Connections and pieces of data that met a fault, for the report. */
  struck = 0;

  private constructor(private readonly target: number) {}

  static async start(target: number): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target);
    await proxy.#listen();
    return proxy;
  }

  async set(weather: Weather): Promise<void> {
    this.#weather = weather;
    if (weather.kind === 'reset' || weather.kind === 'refuse') this.#resetAll();
    if (weather.kind === 'refuse') await this.#unlisten();
    else await this.#listen();
    if (weather.kind === 'silent') this.struck += this.#pairs.size;
  }

  /** Ends the faults. Connections that were silenced are reset. */
  async clear(): Promise<void> {
    if (this.#weather.kind === 'silent' || this.#weather.kind === 'garbage') this.#resetAll();
    await this.set(OPEN);
  }

  /** New connections pass; silenced ones stay silent. */
  async revive(): Promise<void> {
    for (const pair of this.#pairs) this.#dead.add(pair[0]).add(pair[1]);
    await this.set(OPEN);
  }

  async close(): Promise<void> {
    this.#weather = { kind: 'refuse' };
    this.#resetAll();
    await this.#unlisten();
  }

  #resetAll(): void {
    for (const [inward, outward] of this.#pairs) {
      this.struck += 1;
      inward.resetAndDestroy();
      outward.destroy();
    }
  }

  async #listen(): Promise<void> {
    if (this.#server) return;
    const server = (this.#server = createServer((inward) => this.#join(inward)));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    this.port = (server.address() as AddressInfo).port;
  }

  async #unlisten(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #join(inward: Socket): void {
    if (this.#weather.kind === 'reset') {
      this.struck += 1;
      inward.on('error', () => undefined);
      inward.resetAndDestroy();
      return;
    }
    const outward = connect(this.target, '127.0.0.1');
    const pair = [inward, outward] as const;
    this.#pairs.add(pair);
    if (this.#weather.kind === 'silent') this.struck += 1;
    for (const [from, to] of [pair, [outward, inward]] as const) {
      from.setNoDelay(true);
      from.on('data', (data) => this.#pass(data, from, to));
      from.on('end', () => this.#end(to));
      from.on('error', () => undefined);
      from.on('close', () => {
        if (from === inward || this.#weather.kind !== 'silent') {
          this.#pairs.delete(pair);
          to.destroy();
        }
      });
    }
  }

  #end(to: Socket): void {
    // For the other side, this side has vanished without a FIN.
    if (this.#weather.kind === 'silent' || this.#dead.has(to)) return;
    if (this.#weather.kind === 'slow') setTimeout(() => to.end(), this.#weather.ms);
    else to.end();
  }

  #pass(data: Buffer, from: Socket, to: Socket): void {
    const weather = this.#weather;
    if (this.#dead.has(from)) return;
    switch (weather.kind) {
      case 'open':
        to.write(data);
        return;
      case 'slow':
        this.struck += 1;
        setTimeout(() => to.writable && to.write(data), weather.ms);
        return;
      case 'garbage':
        this.struck += 1;
        if (![...this.#pairs].some(([, outward]) => outward === from)) from.write(weather.bytes, 'latin1');
        return;
      default:
        return;
    }
  }
}
