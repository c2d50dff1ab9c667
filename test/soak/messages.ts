import type { KeyManagementModuleOptions } from '../../src/key-management';
import type { LeakKind } from './leaks';

/** What the app under soak is started with, as JSON in `SOAK_APP`. */
export interface SoakAppSettings {
  readonly options: KeyManagementModuleOptions;
  readonly baseUrls: Readonly<Record<string, string>>;
  readonly leak?: LeakKind;
}

export type Order = { readonly do: 'sample' } | { readonly do: 'close' };

/** Taken while no call is under way, after forced garbage collections. Bytes, milliseconds. */
export interface Sample {
  readonly heapUsed: number;
  /** Memory outside of the heap that its objects own, mostly buffers. */
  readonly external: number;
  readonly rss: number;
  /** What keeps the process alive, counted by kind. */
  readonly handles: Readonly<Record<string, number>>;
  /** Delay of the event loop since the previous sample. */
  readonly delay: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Calls under way and leases out; both are 0 in a lull. */
  readonly callsInFlight: number;
  readonly leasesInFlight: number;
  readonly keys: number;
}

export type Told =
  | { readonly kind: 'ready'; readonly url: string }
  | { readonly kind: 'sample'; readonly sample: Sample }
  /** The app is closed: the handles that are still open after a while. */
  | { readonly kind: 'closed'; readonly closeMs: number; readonly left: readonly string[] };
