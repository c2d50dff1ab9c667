import type { Server } from 'node:net';

/** How tests register secrets, and where taps report output. */
export interface Canary {
  /** Registers a secret: from now on no output may contain it. */
  secret(text: string): void;
  /** Registers a server that plays a vendor. Its requests and answers are not searched. */
  vendor(server: Server | number): void;
  /** Reports output that leaves the process. Pieces of one source are searched as one text. */
  output(channel: string, data: string | Uint8Array, source?: object): void;
  /** Reports an object that users of the package receive. No way of printing it may show a secret. */
  object(channel: string, value: unknown): void;
}

const PLACE = Symbol.for('nestjs-ai-key-management.canary');

/** The canary of the running test file. Outside Jest there is none. */
export const canary = (): Canary | undefined => (globalThis as { [PLACE]?: Canary })[PLACE];

export function placeCanary(on: object, given: Canary): void {
  Object.defineProperty(on, PLACE, { value: given, configurable: true });
}

/** Registers a secret of a test, and returns it. */
export function secret(text: string): string {
  canary()?.secret(text);
  return text;
}

/** Registers a server that plays a vendor, and returns it. */
export function asVendor<S extends Server>(server: S): S {
  canary()?.vendor(server);
  return server;
}
