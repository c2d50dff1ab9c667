import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { asVendor } from '../canary/canary';
import { realTimer, type SetTimer } from './core/timers';
import { handleControl } from './control';
import { SimulatedVendor, type VendorSettings } from './simulated-vendor';
import { anthropicProfile } from './vendors/anthropic/profile';
import { FLAVOURS, isFlavour, type Flavour } from './vendors/compatible/flavours';
import { googleProfile } from './vendors/google/profile';
import { openAiProfile } from './vendors/openai/profile';

export interface SimulatorOptions {
  /** Time of rate limits, dates and logs. Default Date.now. */
  readonly clock?: () => number;
  readonly port?: number;
  /** How many calls each vendor's log keeps; 0 keeps counters only. Default 10000. */
  readonly logLimit?: number;
  /** How scripted latencies wait. Default: real time, also under faked timers. */
  readonly setTimer?: SetTimer;
  /** How long an idle connection stays open. Default: longer than any test, so that its end never looks like a fault. */
  readonly keepAliveMs?: number;
  /** Answers POST /__control: for a simulator in a process of its own. */
  readonly control?: boolean;
}

/** All vendors on one loopback port, each under its name. */
export class VendorSimulator {
  readonly openai: SimulatedVendor;
  readonly anthropic: SimulatedVendor;
  readonly google: SimulatedVendor;

  readonly #vendors = new Map<string, SimulatedVendor>();
  readonly #settings: VendorSettings;
  #server: Server | undefined;
  #port: number;

  private constructor(private readonly options: SimulatorOptions) {
    this.#settings = {
      clock: options.clock ?? Date.now,
      setTimer: options.setTimer ?? realTimer,
      logLimit: options.logLimit ?? 10_000,
    };
    this.#port = options.port ?? 0;
    this.openai = this.#add('openai', openAiProfile);
    this.anthropic = this.#add('anthropic', anthropicProfile);
    this.google = this.#add('google', googleProfile);
  }

  static async start(options: SimulatorOptions = {}): Promise<VendorSimulator> {
    const simulator = new VendorSimulator(options);
    await simulator.online();
    return simulator;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** An OpenAI-compatible vendor of that name; the flavour is the name's own, or plain OpenAI. */
  compatible(name: string, flavour: Flavour = isFlavour(name) ? name : 'generic'): SimulatedVendor {
    const existing = this.#vendors.get(name);
    if (existing !== undefined) return existing;
    return this.#add(name, { ...FLAVOURS[flavour], name });
  }

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

  async online(): Promise<void> {
    if (this.#server !== undefined) return;
    const { keepAliveMs = 600_000 } = this.options;
    const server = createServer(
      { keepAliveTimeout: keepAliveMs, requestTimeout: 0, noDelay: true },
      (request, response) => this.#route(request, response),
    );
    asVendor(server);
    server.on('clientError', (_error, socket) => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  close(): Promise<void> {
    return this.offline();
  }

  #add(name: string, profile: SimulatedVendor['profile']): SimulatedVendor {
    const vendor = new SimulatedVendor(name, profile, () => this.origin, this.#settings);
    this.#vendors.set(name, vendor);
    return vendor;
  }

  #route(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url as string;
    const question = url.indexOf('?');
    const path = question < 0 ? url : url.slice(0, question);
    if (this.options.control && path === '/__control') {
      handleControl(this, request, response);
      return;
    }
    const slash = path.indexOf('/', 1);
    const vendor = slash < 0 ? undefined : this.#vendors.get(path.slice(1, slash));
    if (vendor === undefined) {
      response.writeHead(404).end('no such simulated vendor');
      return;
    }
    vendor.handle(request, response, path.slice(slash), question < 0 ? '' : url.slice(question + 1));
  }
}
