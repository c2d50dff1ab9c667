import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { realTimer, type SetTimer } from './core/timers';
import { fakeKey } from './fake-keys';
import { SimulatedVendor, type VendorSettings } from './simulated-vendor';
import { anthropicProfile } from './vendors/anthropic/profile';
import { FLAVOURS, isFlavour, type Flavour } from './vendors/compatible/flavours';
import { googleProfile } from './vendors/google/profile';
import { openAiProfile } from './vendors/openai/profile';

/** How a simulator is started. */
export interface SimulatorOptions {
  /** Time of rate limits, dates and logs, milliseconds since the epoch. Default `Date.now`. */
  readonly clock?: () => number;
  /** Of loopback. Default: a free one. */
  readonly port?: number;
  /** How many calls each vendor's log keeps; 0 keeps counters only. Default 10000. */
  readonly logLimit?: number;
  /** How scripted latencies wait. Default: real time, also under faked timers. */
  readonly setTimer?: SetTimer;
  /** How long an idle connection stays open, milliseconds. Default 600,000: longer than any test, so that its end never looks like a fault. */
  readonly keepAliveMs?: number;
}

/**
 * Plays OpenAI, Anthropic, Google and vendors that speak as OpenAI does over HTTP on one port of loopback, each under its name. Nothing leaves the
 * machine. A vendor knows only the keys that it was given; close it at the end of the tests.
 */
export class VendorSimulator {
  readonly openai: SimulatedVendor;
  readonly anthropic: SimulatedVendor;
  readonly google: SimulatedVendor;

  readonly #vendors = new Map<string, SimulatedVendor>();
  readonly #settings: VendorSettings;
  #server: Server | undefined;
  #port: number;

  protected constructor(private readonly options: SimulatorOptions) {
    this.#settings = {
      // eslint-disable-next-line no-restricted-properties -- it imports nothing of the package, and a test may give it a clock
      clock: options.clock ?? Date.now,
      setTimer: options.setTimer ?? realTimer,
      logLimit: options.logLimit ?? 10_000,
      keyOf: (vendor, n) => this.keyOf(vendor, n),
    };
    this.#port = options.port ?? 0;
    this.openai = this.#add('openai', openAiProfile);
    this.anthropic = this.#add('anthropic', anthropicProfile);
    this.google = this.#add('google', googleProfile);
  }

  /** Resolves when it listens. */
  static async start(options: SimulatorOptions = {}): Promise<VendorSimulator> {
    const simulator = new VendorSimulator(options);
    await simulator.online();
    return simulator;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /**
   * Where a vendor is called, without the version path: for the option `providers.<name>.baseUrl`, or an SDK.
   * @throws RangeError for a vendor that it does not play yet: see `compatible`
   */
  baseUrl(vendor: string): string {
    const known = this.#vendors.get(vendor);
    if (known) return known.baseUrl;
    throw new RangeError(
      `This simulator plays ${[...this.#vendors.keys()].join(', ')}, not '${vendor}'. Add it: simulator.compatible('${vendor}').`,
    );
  }

  /** An OpenAI-compatible vendor of that name; the flavour is the name's own, or plain OpenAI. */
  compatible(name: string, flavour: Flavour = isFlavour(name) ? name : 'generic'): SimulatedVendor {
    const existing = this.#vendors.get(name);
    if (existing !== undefined) return existing;
    return this.#add(name, { ...FLAVOURS[flavour], name });
  }

  /** The vendor of that name, if it is played. */
  vendor(name: string): SimulatedVendor | undefined {
    return this.#vendors.get(name);
  }

  /** Every vendor as after start; compatible ones stay. */
  reset(): void {
    for (const vendor of this.#vendors.values()) vendor.reset();
  }

  /** Connections are refused until `online`, which takes the same port again. */
  async offline(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  /** Takes calls again after `offline`. */
  async online(): Promise<void> {
    if (this.#server !== undefined) return;
    const { keepAliveMs = 600_000 } = this.options;
    const server = this.serverFor((request, response) => this.route(request, response), keepAliveMs);
    server.on('clientError', (_error, socket) => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Ends all connections; resolves when nothing is left of it. */
  close(): Promise<void> {
    return this.offline();
  }

  /** @internal */
  protected serverFor(listener: RequestListener, keepAliveMs: number): Server {
    return createServer({ keepAliveTimeout: keepAliveMs, requestTimeout: 0, noDelay: true }, listener);
  }

  /** A fake key of the vendor's shape. @internal */
  protected keyOf(vendor: string, n: number): string {
    return fakeKey(vendor, n);
  }

  #add(name: string, profile: SimulatedVendor['profile']): SimulatedVendor {
    const vendor = new SimulatedVendor(name, profile, () => this.origin, this.#settings);
    this.#vendors.set(name, vendor);
    return vendor;
  }

  /** @internal */
  protected route(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url as string;
    const question = url.indexOf('?');
    const path = question < 0 ? url : url.slice(0, question);
    const slash = path.indexOf('/', 1);
    const vendor = slash < 0 ? undefined : this.#vendors.get(path.slice(1, slash));
    if (vendor === undefined) {
      response.writeHead(404).end('no such simulated vendor');
      return;
    }
    vendor.handle(request, response, path.slice(slash), question < 0 ? '' : url.slice(question + 1));
  }
}
