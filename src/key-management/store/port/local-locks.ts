import type { Clock } from '../../common/clock';

/** Named locks of one process. */
export class LocalLocks {
  readonly #held = new Map<string, { holder: string; until: number }>();

  constructor(private readonly clock: Pick<Clock, 'now'>) {}

  take(name: string, holder: string, ttlMs: number): boolean {
    const now = this.clock.now();
    const lock = this.#held.get(name);
    if (lock && lock.holder !== holder && lock.until > now) return false;
    this.#held.set(name, { holder, until: now + ttlMs });
    return true;
  }

  release(name: string, holder: string): void {
    if (this.#held.get(name)?.holder === holder) this.#held.delete(name);
  }
}
