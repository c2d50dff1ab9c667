const FIRST = 0.5;
const LEAST = 0.02;
/** How far one refusal moves it, and one good answer; about one refusal in forty calls is where they balance. */
const REFUSED_STEP = 0.04;
const GOOD_STEP = 0.001;

/**
 * When between the sending of a request and its answer the vendor counts it: learned for a whole pool. Too early, and calls come a little before they
 * fit; too late, and what refills meanwhile is lost.
 */
export class SendLag {
  /** 0: at once when it is sent; 1: with the answer. */
  #fraction = FIRST;

  /** When the vendor counted what an answer states; milliseconds since the epoch. */
  countedAt(sentAt: number, answeredAt: number): number {
    return sentAt + this.#fraction * Math.max(0, answeredAt - sentAt);
  }

  /** A call was refused although headers said that it fits. */
  refused(): void {
    this.#fraction = Math.min(1, this.#fraction + REFUSED_STEP);
  }

  succeeded(): void {
    this.#fraction = Math.max(LEAST, this.#fraction - GOOD_STEP);
  }
}
