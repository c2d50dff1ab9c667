import type { KeyPool } from '../../pool/key-pool';
import type { CallTarget } from '../attempt-context';

/** So long after an interactive call another one is expected: people who chat, and agents, call again within about a second. Milliseconds. */
const EXPECTED_FOR_MS = 1_000;

/** What batch calls owe to interactive ones: while those come, the last room under a scarce limit is left to them. */
export class Courtesy {
  /** False until the provider's first batch call: whoever makes none pays nothing for this. */
  isOwed = false;
  #interactiveAt = -Infinity;

  constructor(private readonly pool: Pick<KeyPool, 'hasRoomForMore'>) {}

  /** An interactive call comes. */
  came(now: number): void {
    this.#interactiveAt = now;
  }

  /** Whether a batch call may take a key now. */
  mayTake(target: CallTarget, now: number): boolean {
    return this.endsAt(now) === Infinity || this.pool.hasRoomForMore(target, now);
  }

  /** When the last interactive call is long enough ago; Infinity where it is by now. Milliseconds since the epoch. */
  endsAt(now: number): number {
    const endsAt = this.#interactiveAt + EXPECTED_FOR_MS;
    return endsAt > now ? endsAt : Infinity;
  }
}
