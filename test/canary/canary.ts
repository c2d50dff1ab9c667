import type { Server } from 'node:net';

/** What the tests tell the canary, and where their outputs go. */
export interface Canary {
  /** No output may hold it from now on. */
  secret(text: string): void;
  /** A server that plays a vendor: what it is sent and what it answers is no output of ours. */
  vendor(server: Server | number): void;
  /** Some output that leaves the process. Pieces of one source are read as one. */
  output(channel: string, data: string | Uint8Array, source?: object): void;
  /** Something that users of the package get: however it is printed, it shows no secret. */
  object(channel: string, value: unknown): void;
}

const PLACE = Symbol.for('nestjs-ai-key-management.canary');

/** The canary of the test file that runs; outside Jest there is none. */
export const canary = (): Canary | undefined => (globalThis as { [PLACE]?: Canary })[PLACE];

export function placeCanary(on: object, given: Canary): void {
  Object.defineProperty(on, PLACE, { value: given, configurable: true });
}

/** A secret of a test: as it is, and looked for from now on. */
export function secret(text: string): string {
  canary()?.secret(text);
  return text;
}

/** A server that plays a vendor, as it is. */
export function asVendor<S extends Server>(server: S): S {
  canary()?.vendor(server);
  return server;
}
