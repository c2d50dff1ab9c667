import type { ExpectedTokens } from './expected-tokens';

/** Calls that found no account within this time still wait, or new ones would. Milliseconds. */
const RECENTLY_MS = 2_000;

/** What lately found no account that it fits. */
export interface Missed {
  /** How many calls wait. */
  readonly calls: number;
  /** What the largest of those that were missed is expected to take; undefined where nobody said. */
  readonly largest: ExpectedTokens | undefined;
}

/** The calls that found no account that they fit. */
export class MissedCalls {
  /** Milliseconds since the epoch; 0 if none did. */
  #lastAt = 0;
  #isNew = false;
  #largest: ExpectedTokens | undefined;
  #largestAt = 0;

  note(tokens: ExpectedTokens | undefined, now: number): void {
    this.#lastAt = now;
    this.#isNew = true;
    if (tokens === undefined) return;
    const isLargest = this.#largest === undefined || sizeOf(tokens) >= sizeOf(this.#largest);
    if (!isLargest && now - this.#largestAt < RECENTLY_MS) return;
    this.#largest = tokens;
    this.#largestAt = now;
  }

  /** Whether there was one since this was last asked. */
  take(): boolean {
    const isNew = this.#isNew;
    this.#isNew = false;
    return isNew;
  }

  /** Undefined where none was missed lately. @param waiting How many calls wait. */
  recent(now: number, waiting: (() => number) | undefined): Missed | undefined {
    if (this.#lastAt === 0 || now - this.#lastAt >= RECENTLY_MS) return undefined;
    return {
      calls: waiting?.() ?? 0,
      largest: now - this.#largestAt < RECENTLY_MS ? this.#largest : undefined,
    };
  }
}

const sizeOf = ({ input, output }: ExpectedTokens): number => input + output;
