import type { Clock } from '../../common/clock';
import { Timer } from '../../common/coalescing-timer';
import { forEachInChunks } from '../../common/event-loop';
import type { DocumentOwner } from './document-owner';
import type { Outbox } from './outbox';
import type { RegisterVersions } from './register-versions';
import type { SumLedger } from './sum-ledger';

/** What is stored of providers that are not served here is looked through this often: what is too old of it is dropped. Milliseconds. */
const LOOK_THROUGH_MS = 24 * 60 * 60_000;

/** What is known of documents. */
interface KnownParts {
  readonly owners: readonly DocumentOwner[];
  readonly versions: RegisterVersions;
  readonly ledger: SumLedger;
  readonly outbox: Outbox;
}

/**
 * Which providers this instance serves: of those alone it mirrors what is stored. A pool that is opened is read from the store, and one that is
 * closed is forgotten once all of it is written, so that memory does not grow with the pools that were ever opened.
 */
export class ServedProviders {
  /** Whether this instance serves the provider. */
  serves: (provider: string) => boolean = () => true;
  /** Providers that are served no more: those whose statistics are not collected yet, and those whose are. */
  #left = new Set<string>();
  #collected = new Set<string>();
  readonly #lookThrough: Timer;

  /** @param lookThrough Has all that is stored read again. */
  constructor(
    clock: Clock,
    private readonly parts: KnownParts,
    lookThrough: () => void,
  ) {
    this.#lookThrough = new Timer(clock, LOOK_THROUGH_MS, lookThrough);
  }

  stop(): void {
    this.#lookThrough.stop();
  }

  /** Whether the document is mirrored here. */
  keeps(owner: DocumentOwner, doc: string): boolean {
    const provider = owner.providerOf?.(doc);
    if (provider === undefined || this.serves(provider)) return true;
    this.#lookThrough.start();
    return false;
  }

  leave(provider: string): void {
    this.#left.add(provider);
    this.#lookThrough.start();
  }

  /** It is served again. */
  enter(provider: string): void {
    this.#left.delete(provider);
    this.#collected.delete(provider);
  }

  /** All statistics are about to be collected. */
  collecting(): void {
    for (const provider of this.#left) this.#collected.add(provider);
    this.#left.clear();
  }

  /** All that was collected is written: forgets what is left. Answers whether something is left to be written. */
  async forgetWritten(): Promise<boolean> {
    const { owners, versions, ledger, outbox } = this.parts;
    if (this.#collected.size === 0) return this.#left.size > 0;
    const byPrefix = new Map(owners.map((owner) => [owner.prefix, owner]));
    const left = new Map<string, Set<string>>(Array.from(this.#collected, (provider) => [provider, new Set()]));
    const waiting = new Set<string>();
    for (const docs of [versions.docs(), ledger.docs()])
      await forEachInChunks(docs, (doc) => {
        const provider = byPrefix.get(doc.slice(0, doc.indexOf('/') + 1))?.providerOf?.(doc);
        if (provider === undefined || !left.has(provider)) return;
        if (outbox.isWaiting(doc) || ledger.holds(doc)) waiting.add(provider);
        left.get(provider)!.add(doc);
      });
    for (const [provider, docs] of left) {
      // It may have been opened again meanwhile.
      if (waiting.has(provider) || !this.#collected.delete(provider) || this.serves(provider)) continue;
      for (const doc of docs) {
        versions.forget(doc);
        ledger.forget(doc);
      }
      for (const owner of owners) owner.forget?.(provider);
    }
    return this.#left.size + this.#collected.size > 0;
  }
}
