/** How much earlier comparisons still count. */
const REMEMBERED = 0.95;
/** Refused calls are taken to be booked where that explains the measurements so much better. */
const BETTER = 0.7;
const LEAST_DEVIATION = 0.5;

/**
 * Whether a vendor books refused calls against the limit, too. It is one for all accounts, so it is learned for a whole pool: by which of the two ways
 * of counting the rates that are measured agree with each other.
 */
export class RefusalCost {
  #free = 0;
  #booked = 0;

  /** Refused calls take their share of the limit. */
  get isBooked(): boolean {
    return this.#free > LEAST_DEVIATION && this.#booked < this.#free * BETTER;
  }

  /** How far two measurements of one rate differ, if refused calls take nothing, and if they are booked. */
  compared(free: number, booked: number): void {
    this.#free = this.#free * REMEMBERED + free;
    this.#booked = this.#booked * REMEMBERED + booked;
  }
}
