import type { Server } from 'node:net';
import type { Canary } from './canary';
import { SecretSet, type Leak } from './scan/find-leaks';
import { inspected, waysToShow } from './shown';

export interface FoundLeak extends Leak {
  readonly channel: string;
  /** The test during which the leak happened. */
  readonly during: string;
}

export interface ChannelCount {
  bytes: number;
  objects: number;
}

/** From this size on, the collected pieces of one source are searched. */
const ENOUGH = 1 << 18;
/** The end of a source that is searched again with what follows. A secret in any form is shorter. */
const OVERLAP = 2_048;
/** Objects per channel that are searched in every form, then as inspected only; of later ones, one in a number is searched. */
const IN_EVERY_WAY = 100;
const INSPECTED = 3_000;
const ONE_IN = 50;
const MOST_LEAKS = 60;

interface Source {
  readonly channel: string;
  during: string;
  pieces: Uint8Array[];
  size: number;
  /** How much of the first piece was searched before. */
  known: number;
}

/** Collects everything that leaves the process while a test file runs, and searches it for secrets. */
export class Recorder implements Canary {
  readonly #secrets = new SecretSet();
  readonly #sources = new Map<object, Map<string, Source>>();
  readonly #channels = new Map<string, ChannelCount>();
  readonly #objects = new Map<string, number>();
  readonly #vendors = new WeakSet<Server>();
  readonly #vendorPorts = new Set<number>();
  readonly #leaks: FoundLeak[] = [];
  #secretCount = 0;
  /** Milliseconds spent on searching. */
  #ms = 0;
  /** The test that runs. */
  during = '';

  secret(text: string): void {
    if (this.#secrets.add(text)) this.#secretCount += 1;
  }

  vendor(server: Server | number): void {
    if (typeof server === 'number') this.#vendorPorts.add(server);
    else this.#vendors.add(server);
  }

  isVendor(server: Server | number): boolean {
    return typeof server === 'number' ? this.#vendorPorts.has(server) : this.#vendors.has(server);
  }

  output(channel: string, data: string | Uint8Array, from: object = this): void {
    const piece = typeof data === 'string' ? Buffer.from(data) : Uint8Array.from(data);
    this.#count(channel).bytes += piece.length;
    const source = this.#source(channel, from);
    source.during ||= this.during;
    source.pieces.push(piece);
    source.size += piece.length;
    if (source.size - source.known >= ENOUGH) this.#look(source);
  }

  object(channel: string, value: unknown): void {
    const count = (this.#objects.get(channel) ?? 0) + 1;
    this.#objects.set(channel, count);
    if (count > INSPECTED && count % ONE_IN !== 0) return;
    this.#count(channel).objects += 1;
    const startedAt = performance.now();
    const shown = count > IN_EVERY_WAY ? inspected(value) : [...waysToShow(value)].join('\n');
    this.#ms += performance.now() - startedAt;
    this.output(channel, `${shown}\n`);
  }

  /** Searches everything collected since the last call. */
  flush(): void {
    for (const sources of this.#sources.values()) for (const source of sources.values()) this.#look(source);
  }

  get leaks(): readonly FoundLeak[] {
    return this.#leaks;
  }

  get counts(): { secrets: number; ms: number; channels: Record<string, ChannelCount> } {
    return { secrets: this.#secretCount, ms: this.#ms, channels: Object.fromEntries(this.#channels) };
  }

  #source(channel: string, from: object): Source {
    let channels = this.#sources.get(from);
    if (!channels) this.#sources.set(from, (channels = new Map<string, Source>()));
    let source = channels.get(channel);
    if (!source) channels.set(channel, (source = { channel, during: '', pieces: [], size: 0, known: 0 }));
    return source;
  }

  #count(channel: string): ChannelCount {
    let count = this.#channels.get(channel);
    if (!count) this.#channels.set(channel, (count = { bytes: 0, objects: 0 }));
    return count;
  }

  #look(source: Source): void {
    if (source.size === source.known) return;
    const startedAt = performance.now();
    const bytes = Buffer.concat(source.pieces);
    for (const leak of this.#secrets.find(bytes))
      this.#found({ ...leak, channel: source.channel, during: source.during });
    const rest = Uint8Array.from(bytes.subarray(Math.max(0, bytes.length - OVERLAP)));
    Object.assign(source, { during: '', pieces: [rest], size: rest.length, known: rest.length });
    this.#ms += performance.now() - startedAt;
  }

  #found(leak: FoundLeak): void {
    const known = this.#leaks.some(
      ({ channel, secret, form }) => channel === leak.channel && secret === leak.secret && form === leak.form,
    );
    if (!known && this.#leaks.length < MOST_LEAKS) this.#leaks.push(leak);
  }
}

/** The report of a leak: channel, mask, form, and the test. It contains no secret. */
export const describeLeak = ({ channel, secret, form, after, during }: FoundLeak): string =>
  `${channel}: the secret ${secret} stands there ${form}${after ? `, after ${JSON.stringify(after)}` : ''}${during ? ` (during "${during}")` : ''}`;
