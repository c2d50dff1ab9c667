import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import {
  VendorSimulator as PublishedSimulator,
  type SimulatorOptions as PublishedOptions,
} from '../../src/key-management/testing/simulator';
import { asVendor } from '../canary/canary';
import { handleControl } from './control';
import { fakeKey } from './fake-keys';

export interface SimulatorOptions extends PublishedOptions {
  /** Answers POST /__control: for a simulator in a process of its own. */
  readonly control?: boolean;
}

/** The published simulator for the tests of the package: the canary knows its port and its keys, and another process may script it. */
export class VendorSimulator extends PublishedSimulator {
  readonly #isControlled: boolean;

  private constructor({ control = false, ...options }: SimulatorOptions) {
    super(options);
    this.#isControlled = control;
  }

  static override async start(options: SimulatorOptions = {}): Promise<VendorSimulator> {
    const simulator = new VendorSimulator(options);
    await simulator.online();
    return simulator;
  }

  protected override serverFor(listener: RequestListener, keepAliveMs: number): Server {
    return asVendor(super.serverFor(listener, keepAliveMs));
  }

  protected override keyOf(vendor: string, n: number): string {
    return fakeKey(vendor, n);
  }

  protected override route(request: IncomingMessage, response: ServerResponse): void {
    if (this.#isControlled && request.url === '/__control') handleControl(this, request, response);
    else super.route(request, response);
  }
}
