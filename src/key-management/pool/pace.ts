import { AdaptiveCap } from './adaptive-cap';
import type { HeaderView } from './header-view';
import { HeaderPace, type LimitKind, type LimitReading } from './header-pace';
import { LearnedRate } from './learned-rate';

/** What a pool must know of its vendor to pace its keys; `VendorKnowledge` has it. */
export interface PacingProfile {
  readonly limitKind: LimitKind;
  /** Whether rate limits hold per model, or for all models of a key together. */
  readonly rateLimitScope: 'key_model' | 'key';
  readonly readRateLimits: (headers: HeaderView, now: number) => readonly LimitReading[];
}

/** How fast one key may be used in one lane; keys of one quota group share it. */
export class Pace {
  inFlight = 0;
  #headers: HeaderPace | undefined;
  /** Where no header tells: learned from refusals. */
  #cap: AdaptiveCap | undefined;
  #rate: LearnedRate | undefined;

  /** What the headers of an answer say is left. They are the better guide from then on. */
  observe(readings: readonly LimitReading[], kind: LimitKind, now: number): void {
    this.#headers ??= new HeaderPace(kind);
    this.#headers.observe(readings, now);
    this.#cap = undefined;
    this.#rate = undefined;
  }

  /** From when on one more call may go, milliseconds since the epoch; 0 for at once. */
  readyAt(now: number): number {
    if (this.#headers !== undefined) return this.#headers.readyAt(this.inFlight, now);
    return this.#rate === undefined ? 0 : this.#rate.readyAt(now);
  }

  /** Only for what the calls in flight may take, the next one must wait. */
  mayEase(now: number): boolean {
    return this.inFlight > 0 && this.#headers !== undefined && this.#headers.readyAt(0, now) <= now;
  }

  /** No more calls fit beside those in flight. */
  get full(): boolean {
    return this.#cap !== undefined && this.inFlight >= this.#cap.value;
  }

  started(now: number): void {
    this.inFlight += 1;
    this.#rate?.started(now);
  }

  ended(): void {
    this.inFlight -= 1;
  }

  /** A call begun at `startedAt`, ended by now, was refused for its rate. */
  refused(startedAt: number, now: number): void {
    if (this.#headers !== undefined) return;
    this.#cap ??= new AdaptiveCap();
    this.#cap.refused(this.inFlight + 1, startedAt, now);
    this.#rate ??= new LearnedRate();
    this.#rate.refused(startedAt, now);
  }

  succeeded(): void {
    this.#cap?.succeeded();
    this.#rate?.succeeded();
  }
}
