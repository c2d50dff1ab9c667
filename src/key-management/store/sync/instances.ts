import type { Clock } from '../../common/clock';
import type { DocumentOwner } from './document-owner';
import type { FieldChange, StoredDocument } from '../port/key-store';
import type { StoreLink } from './store-link';

const PREFIX = 'instances/';
const SEEN = 'seenAt';
/** Interval of an instance's heartbeats; milliseconds. */
const HEARTBEAT_MS = 5_000;
/** An instance without a heartbeat for this long counts as gone; milliseconds. */
const GONE_MS = 16_000;
/** The document of an instance is removed after this long without a heartbeat; milliseconds. */
const FORGOTTEN_MS = 24 * 60 * 60_000;

/** Which instances of the app share the store: they divide the limits of accounts among them. While the store is away, all that were last known. */
export class Instances implements DocumentOwner {
  readonly prefix = PREFIX;
  /** There are others than before. */
  onChange: () => void = () => undefined;
  /** An instance went in good order, or has not been heard of for long. */
  onGone: (instance: string) => void = () => undefined;
  /** When the last heartbeat of each instance arrived, by this instance's clock: clocks of instances may differ. */
  readonly #lastHeartbeats = new Map<string, number>();
  /** Since when the store has been there without a break. */
  #upSince: number | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(
    private readonly link: StoreLink,
    private readonly instanceId: string,
    private readonly clock: Clock,
  ) {}

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
    for (const id of this.#lastHeartbeats.keys()) if (id < this.instanceId) return false;
    return true;
  }

  has(instance: string): boolean {
    return instance === this.instanceId || this.#lastHeartbeats.has(instance);
  }

  start(): void {
    if (!this.link.shared) return;
    this.#beat();
  }

  /** Says that this instance goes, so that the others take its parts at once. */
  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.link.shared) this.link.put(PREFIX + this.instanceId, 'gone', true);
  }

  merge({ doc, registers, maxima }: StoredDocument): void {
    const sinceMs = this.#now() - (maxima[SEEN] ?? 0);
    const gone = registers.gone?.value === true;
    // What is far ahead was said by no clock.
    if (!(Math.abs(sinceMs) <= FORGOTTEN_MS)) this.link.drop(doc);
    else if (!gone && sinceMs < GONE_MS) this.#sawHeartbeat(doc);
  }

  changed(change: FieldChange): void {
    if (change.kind === 'max') this.#sawHeartbeat(change.doc);
    else if (change.kind === 'set') this.#forget(change.doc);
  }

  #beat(): void {
    this.link.raise(PREFIX + this.instanceId, SEEN, this.#now());
    const now = this.clock.now();
    if (this.link.up) this.#upSince ??= now;
    else this.#upSince = undefined;
    // Without the store nobody hears anybody: that says nothing of who is there.
    if (this.#upSince !== undefined && now - this.#upSince >= GONE_MS)
      for (const [id, heardAt] of this.#lastHeartbeats) if (now - heardAt >= GONE_MS) this.#forget(PREFIX + id);
    this.#cancelTimer = this.clock.after(
      HEARTBEAT_MS,
      () => {
        this.#beat();
      },
      false,
    );
  }

  /** By the clock of the store. */
  #now(): number {
    return this.clock.now() + this.link.offsetMs;
  }

  #sawHeartbeat(doc: string): void {
    const id = doc.slice(PREFIX.length);
    if (id === this.instanceId) return;
    const isNew = !this.#lastHeartbeats.has(id);
    this.#lastHeartbeats.set(id, this.clock.now());
    if (isNew) this.onChange();
  }

  #forget(doc: string): void {
    const id = doc.slice(PREFIX.length);
    if (!this.#lastHeartbeats.delete(id)) return;
    this.onChange();
    this.onGone(id);
  }
}
