import type { Clock } from '../../common/clock';
import { Timer } from '../../common/coalescing-timer';
import type { DocumentOwner } from './document-owner';
import type { FieldChange, StoredDocument } from '../port/key-store';
import type { StoreLink } from './store-link';

const PREFIX = 'instances/';
const SEEN = 'seenAt';
const GONE = 'gone';
/** Interval of an instance's heartbeats; milliseconds. */
const HEARTBEAT_MS = 5_000;
/** An instance without a heartbeat for this long counts as gone; milliseconds. */
const GONE_MS = 16_000;
/** The document of an instance is removed after this long without a heartbeat; milliseconds. */
const FORGOTTEN_MS = 24 * 60 * 60_000;
/** So many of those that went are remembered. */
const MOST_LEFT = 1_000;
/** Held by the instance that reads the heartbeats of all, where nobody is told them. */
const WATCH = 'instances';
/** Longer than two heartbeats; milliseconds. */
const WATCH_MS = 12_000;
/** Only the first of all instances, by their ids, ask for it. */
const WATCHERS = 3;

/**
 * Which instances of the app share the store: they divide the limits of accounts among them. While the store is away, all that were last known.
 * That one comes or goes all are told. Heartbeats are only read, where the store allows it, by one of them, which tells the others who has
 * none any more: so that what goes over the store grows with the number of instances, and not with its square.
 */
export class Instances implements DocumentOwner {
  readonly prefix = PREFIX;
  /** There are others than before. */
  onChange: () => void = () => undefined;
  /** An instance went in good order, or has not been heard of for long. */
  onGone: (instance: string) => void = () => undefined;
  /** When the last heartbeat of each instance arrived, by this instance's clock: clocks of instances may differ. */
  readonly #lastHeartbeats = new Map<string, number>();
  readonly #heartbeats: Timer;
  /** Since when this instance has heard all heartbeats without a break. */
  #hearsSince: number | undefined;
  #isStopped = false;
  /** Those that went: a heartbeat of theirs may be read later than that. The latest only. */
  readonly #left = new Set<string>();

  constructor(
    private readonly link: StoreLink,
    private readonly instanceId: string,
    private readonly clock: Clock,
  ) {
    this.#heartbeats = new Timer(clock, HEARTBEAT_MS, () => this.#beat());
  }

  /** How many there are, this one included. */
  get count(): number {
    return this.#lastHeartbeats.size + 1;
  }

  /** The ids of the others. */
  get others(): Iterable<string> {
    return this.#lastHeartbeats.keys();
  }

  /** Whether of all instances this one has the least id: what one is to do for all, it does. */
  get isFirst(): boolean {
    return this.#place === 0;
  }

  /** How many have a lesser id. */
  get #place(): number {
    let place = 0;
    for (const id of this.#lastHeartbeats.keys()) if (id < this.instanceId) place += 1;
    return place;
  }

  has(instance: string): boolean {
    return instance === this.instanceId || this.#lastHeartbeats.has(instance);
  }

  start(): void {
    if (!this.link.shared) return;
    this.#announce();
    this.#beat();
  }

  /** Says that this instance goes, so that the others take its parts at once. */
  stop(): void {
    this.#isStopped = true;
    this.#heartbeats.stop();
    if (this.link.shared) this.link.put(this.#own, GONE, true);
  }

  merge({ doc, registers, maxima }: StoredDocument): void {
    const sinceMs = this.#sinceSeen(maxima);
    const isGone = registers[GONE]?.value === true;
    if (doc === this.#own) this.#heardOfItself(isGone);
    // What is far ahead was said by no clock.
    else if (!(Math.abs(sinceMs) <= FORGOTTEN_MS)) this.link.drop(doc);
    else if (!isGone && sinceMs < GONE_MS) this.#sawHeartbeat(doc);
  }

  changed(change: FieldChange): void {
    if (change.kind === 'max') {
      if (!this.#left.has(idOf(change.doc))) this.#sawHeartbeat(change.doc);
    } else if (change.kind === 'set') {
      const isGone = change.register.value === true;
      if (change.doc === this.#own) this.#heardOfItself(isGone);
      else if (isGone) this.#forget(change.doc);
      else this.#sawHeartbeat(change.doc);
    }
  }

  /** Others took it for dead, as when the store was away from here alone. */
  #heardOfItself(isGone: boolean): void {
    if (isGone && !this.#isStopped) this.#announce();
  }

  get #own(): string {
    return PREFIX + this.instanceId;
  }

  #announce(): void {
    // In the same batch: a document without a heartbeat is taken for a very old one.
    this.link.raise(this.#own, SEEN, this.#now(), 'all');
    this.link.put(this.#own, GONE, false);
  }

  #beat(): void {
    this.link.raise(this.#own, SEEN, this.#now());
    this.link.flush();
    void this.#watch().finally(() => {
      if (!this.#isStopped) this.#heartbeats.start();
    });
  }

  /** Looks for those that have no heartbeat any more, where this instance hears all. */
  async #watch(): Promise<void> {
    const hears = await this.#hearsAll();
    const now = this.clock.now();
    // Without the store nobody hears anybody: that says nothing of who is there.
    if (!hears) this.#hearsSince = undefined;
    else this.#hearsSince ??= now;
    if (this.#hearsSince === undefined || now - this.#hearsSince < GONE_MS || this.#isStopped) return;
    for (const [id, heardAt] of this.#lastHeartbeats) {
      if (now - heardAt < GONE_MS) continue;
      if (this.link.readsLater) this.link.put(PREFIX + id, GONE, true);
      this.#forget(PREFIX + id);
    }
  }

  async #hearsAll(): Promise<boolean> {
    const { link } = this;
    if (!link.readsLater || !link.up) return link.up;
    if (!(await this.#mayWatch()) || !(await link.freshen(0))) return false;
    if (this.#hearsSince === undefined) await this.#readHeartbeats();
    return link.up;
  }

  /** The heartbeats before those that are heard from now on: who has been without one for long need not be waited for again. */
  async #readHeartbeats(): Promise<void> {
    const documents = await this.link.read(PREFIX).catch(() => undefined);
    if (!documents) return;
    const now = this.clock.now();
    for (const { doc, maxima } of documents) {
      if (!this.#lastHeartbeats.has(idOf(doc))) continue;
      this.#lastHeartbeats.set(idOf(doc), now - Math.max(0, this.#sinceSeen(maxima)));
    }
    this.#hearsSince = now - GONE_MS;
  }

  async #mayWatch(): Promise<boolean> {
    if (this.#lastHeartbeats.size === 0 || this.#place >= WATCHERS) return false;
    return (await this.link.askLock(WATCH, WATCH_MS)) === true;
  }

  /** How long ago an instance wrote its last heartbeat; milliseconds, below 0 where its clock is ahead. */
  #sinceSeen(maxima: StoredDocument['maxima']): number {
    return this.#now() - (maxima[SEEN] ?? 0);
  }

  /** By the clock of the store. */
  #now(): number {
    return this.clock.now() + this.link.offsetMs;
  }

  #sawHeartbeat(doc: string): void {
    const id = idOf(doc);
    if (id === this.instanceId) return;
    this.#left.delete(id);
    const isNew = !this.#lastHeartbeats.has(id);
    this.#lastHeartbeats.set(id, this.clock.now());
    if (isNew) this.onChange();
  }

  #forget(doc: string): void {
    const id = idOf(doc);
    this.#left.add(id);
    if (this.#left.size > MOST_LEFT) this.#left.delete([...this.#left][0]!);
    if (!this.#lastHeartbeats.delete(id)) return;
    this.onChange();
    this.onGone(id);
  }
}

const idOf = (doc: string): string => doc.slice(PREFIX.length);
