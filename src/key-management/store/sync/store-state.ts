import type { StoreHealth } from '../../key-management.constants';
import type { StoreListener } from './document-owner';

/** How the store is. Each change of it is one line in the log, however many writes it concerns. */
export class StoreState implements StoreHealth {
  #isConnected = false;
  #isFailing = false;
  #hasWorked = false;
  /** When it last came or went; at first, when it was first asked for. */
  #changedAt: number;

  constructor(
    private readonly kind: string,
    private readonly listener: StoreListener,
    private readonly now: () => number,
  ) {
    this.#changedAt = now();
  }

  status(): 'up' | 'degraded' {
    return this.condition === 'up' ? 'up' : 'degraded';
  }

  get condition(): StoreHealth['condition'] {
    if (!this.#isConnected) return 'away';
    return this.#isFailing ? 'failing' : 'up';
  }

  /** Since when it is away or failing, milliseconds since the epoch; undefined while it is there. */
  get awaySince(): number | undefined {
    return this.condition === 'up' ? undefined : this.#changedAt;
  }

  /** Since when it is there, milliseconds since the epoch; undefined while it is away or failing. */
  get upSince(): number | undefined {
    return this.condition === 'up' ? this.#changedAt : undefined;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** It was read and written once. */
  get hasWorked(): boolean {
    return this.#hasWorked;
  }

  /** Answers whether that is a change. @param reason Why it is away, where that is known. */
  connection(up: boolean, reason?: string): boolean {
    if (this.#isConnected === up) return false;
    this.#isConnected = up;
    this.#isFailing = false;
    this.#changedAt = this.now();
    if (up) this.listener.info(`the ${this.kind} store is there`);
    else {
      const why = reason ? `: ${reason}` : '';
      this.listener.warn(
        `the ${this.kind} store is away; the pools work on, and changes are written when it is back${why}`,
      );
    }
    return true;
  }

  /** What was asked of the store was done. */
  worked(): void {
    this.#hasWorked = true;
    if (!this.#isFailing) return;
    this.#isFailing = false;
    this.#changedAt = this.now();
    this.listener.info(`the ${this.kind} store works again`);
  }

  /** A read or write failed though the store is connected. */
  failed(error: unknown): void {
    if (!this.#isConnected || this.#isFailing) return;
    this.#isFailing = true;
    this.#changedAt = this.now();
    const reason = error instanceof Error ? error.message : 'unknown error';
    this.listener.warn(
      `the ${this.kind} store cannot be read or written; the pools work on, and changes are written when it works again: ${reason}`,
    );
  }
}

/** The log names at most this many documents. */
const MOST_NAMED = 1_000;

/** Names each document that cannot be read or written in the log, once. */
export class UnusableDocuments {
  readonly #configuredIds = new Set<string>();

  constructor(
    private readonly kind: string,
    private readonly warn: (message: string) => void,
  ) {}

  /** @param problem What is wrong; holds nothing of the document's contents, which may be anything. */
  unreadable(doc: string, problem: string): void {
    this.#name(doc, `The ${this.kind} store holds what makes no sense in ${doc}: ${problem}. It is set aside.`);
  }

  unwritable(doc: string, problem: string): void {
    this.#name(doc, `The ${this.kind} store cannot hold a change of ${doc}, which is set aside: ${problem}`);
  }

  #name(doc: string, message: string): void {
    if (this.#configuredIds.has(doc) || this.#configuredIds.size >= MOST_NAMED) return;
    this.#configuredIds.add(doc);
    this.warn(message);
  }
}
