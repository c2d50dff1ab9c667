import type { KeyPool } from '../../pool/key-pool';
import type { CallTarget } from '../attempt-context';
import type { ExecuteOptions } from '../execution.types';

/** So long after an interactive call another one is expected: people who chat, and agents, call again within about a second. Milliseconds. */
const EXPECTED_FOR_MS = 1_000;

/** What batch calls owe to interactive ones: while those come, the last room under a scarce limit is left to them. */
export class Courtesy {
  /** False until the provider's first batch call: whoever makes none pays nothing for this. */
  #isOwed = false;
  #interactiveAt = -Infinity;

  constructor(private readonly pool: Pick<KeyPool, 'hasRoomForMore'>) {}

  /** Notes a call that comes. False where it is batch: it may have to wait. On the hot path. */
  goesFirst({ priority }: Pick<ExecuteOptions, 'priority'>, now: number): boolean {
    if (priority === 'batch') this.#isOwed = true;
    else if (this.#isOwed) this.#interactiveAt = now;
    return priority !== 'batch';
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
