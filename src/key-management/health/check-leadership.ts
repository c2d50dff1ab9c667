import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { PersistenceService } from '../store/persistence.service';

const LOCK = 'health-check';
/** Renewed at each tick of the job; a holder that dies is followed within this. Milliseconds. */
const LOCK_MS = 15_000;

/** Decides by a named lock (a lease) which of the instances on one store checks the keys. Alone, or without the store, every instance does. */
@Injectable()
export class CheckLeadership implements BeforeApplicationShutdown {
  #wasHeld = false;

  constructor(private readonly persistence: PersistenceService) {}

  /** Takes the lead, or keeps it; false while another instance has it. */
  async held(): Promise<boolean> {
    return (this.#wasHeld = await this.persistence.link.lock(LOCK, LOCK_MS));
  }

  /** Whether this instance had the lead when that was last asked. */
  get wasHeld(): boolean {
    return this.#wasHeld || !this.persistence.link.shared;
  }

  /** The same; false as well where the store is away: whoever has the lead does it then. */
  async heldForSure(): Promise<boolean> {
    try {
      return await this.held();
    } catch {
      return false;
    }
  }

  /** The next instance need not wait for the lock to run out. */
  beforeApplicationShutdown(): Promise<void> {
    return this.persistence.link.unlock(LOCK);
  }
}
