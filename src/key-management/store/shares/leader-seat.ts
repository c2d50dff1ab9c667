import type { Clock } from '../../common/clock';
import type { StoreLink } from '../sync/store-link';
import { Leader } from './leader';
import type { Leadership } from './messages';
import { COVER_MS, DRIFT_MS, LOCK_MS, LOCK_RENEW_MS } from './timing';

const LOCK = 'limits';
/** Held by whoever gives leases, until they are over: longer than the lead itself. */
const COVER = 'limits-leases';
/** An instance that wants to lead asks for the lock this often; milliseconds. */
const ASK_MS = 200;
/** A leader asks this often whether the leases of the one before are over; milliseconds. */
const COVER_ASK_MS = 100;

/** What of the store is needed to lead. */
export type LockingLink = Pick<StoreLink, 'askLock' | 'unlock'>;

export interface SeatListener {
  /** This instance leads from now on, later than this leader. */
  latest(): Leadership;
  began(leader: Leader): void;
  /** Something may be granted that could not be before. */
  opened(): void;
}

/** Whether this instance leads, by a lock of the store that runs out. Without the store nobody does. */
export class LeaderSeat {
  #leader: Leader | undefined;
  #askedAt = -Infinity;
  #isAsking = false;
  #lockedUntil = -Infinity;
  /** Leases that this instance gave, also when it led before, last until then at most. */
  #coveredUntil = -Infinity;
  /** When those of an earlier lead are over. */
  #clearAt = -Infinity;
  #isStopped = false;

  constructor(
    private readonly link: LockingLink,
    private readonly instanceId: string,
    private readonly clock: Clock,
    private readonly listener: SeatListener,
  ) {}

  get leader(): Leader | undefined {
    return this.#leader;
  }

  /** Takes the lead if it is free and wanted, and keeps it. */
  async tick(isWanted: boolean): Promise<void> {
    const now = this.clock.now();
    if (this.#leader && now >= this.#lockedUntil) this.#resign();
    const everyMs = this.#leader ? (this.#leader.isOpen ? LOCK_RENEW_MS : COVER_ASK_MS) : ASK_MS;
    if (this.#isAsking || this.#isStopped || now - this.#askedAt < everyMs || !(this.#leader || isWanted)) return;
    this.#isAsking = true;
    this.#askedAt = now;
    try {
      await this.#ask();
    } finally {
      this.#isAsking = false;
    }
  }

  /** Nobody needs a leader: whoever is next gives at once. Answers whether it led. */
  async leave(): Promise<boolean> {
    const leader = this.#leader;
    // What it only keeps up for a leader before is not covered but by the lock itself.
    if (!leader?.isOpen || this.#isAsking) return false;
    const isIdle = leader.isIdle;
    this.#resign();
    // A lock that is taken again meanwhile would be given up late.
    this.#isAsking = true;
    try {
      if (isIdle) {
        this.#coveredUntil = this.#clearAt = -Infinity;
        await this.link.unlock(COVER);
      }
      await this.link.unlock(LOCK);
    } finally {
      this.#isAsking = false;
    }
    return true;
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #ask(): Promise<void> {
    const askedAt = this.clock.now();
    const isHeld = await this.link.askLock(LOCK, LOCK_MS);
    if (isHeld === false) this.#resign();
    if (isHeld !== true) return;
    this.#lockedUntil = askedAt + LOCK_MS;
    if (!this.#leader) this.#begin();
    await this.#cover(this.#leader!);
  }

  #begin(): void {
    this.#leader = new Leader(this.instanceId, this.listener.latest().term + 1);
    this.#leader.cover(this.#lockedUntil - DRIFT_MS);
    this.listener.began(this.#leader);
  }

  async #cover(leader: Leader): Promise<void> {
    const askedAt = this.clock.now();
    const isHeld = await this.link.askLock(COVER, COVER_MS);
    if (leader !== this.#leader) return;
    if (isHeld === true) {
      this.#coveredUntil = askedAt + COVER_MS - DRIFT_MS;
      leader.cover(this.#coveredUntil);
      if (leader.isOpen || askedAt < this.#clearAt) return;
      leader.open(this.clock.now());
      this.listener.opened();
    } else if (!leader.isOpen) leader.cover(this.#lockedUntil - DRIFT_MS);
  }

  #resign(): void {
    if (!this.#leader) return;
    this.#leader = undefined;
    this.#clearAt = Math.max(this.#coveredUntil, this.#lockedUntil) + DRIFT_MS;
  }
}
