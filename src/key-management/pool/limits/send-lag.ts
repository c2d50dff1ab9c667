/** At first late rather than early: what is lost is regained soon, a refusal is not. */
const FIRST = 1;
const LEAST = 0.02;
/** How far one refusal moves it, and one good answer; about one refusal in forty calls is where they balance. */
const REFUSED_STEP = 0.04;
const GOOD_STEP = 0.001;
/** So long at the most is a request under way to the vendor, however long the answer takes: by what the quickest answer took. Milliseconds. */
const MOST_MS = 200;
const LEAST_MS = 100;
/** Of an answer that came within this time, nobody can say how much of it the request took: a busy process may have sent it late. Milliseconds. */
const QUICK_MS = 500;
/** How fast the quickest answer is forgotten, as networks change. */
const FORGETTING = 1.001;

/**
 * When between the sending of a request and its answer the vendor counts it: learned for a whole pool. Too early, and calls come a little before they
 * fit; too late, and what refills meanwhile is lost.
 */
export class SendLag {
  /** 0: at once when it is sent; 1: with the answer. */
  #fraction = FIRST;
  /** What the quickest answer lately took, within these bounds. */
  #quickestMs = MOST_MS;

  /** When the vendor counted what an answer states; milliseconds since the epoch. */
  countedAt(sentAt: number, answeredAt: number): number {
    const ms = Math.max(0, answeredAt - sentAt);
    this.#quickestMs = Math.max(LEAST_MS, Math.min(MOST_MS, ms, this.#quickestMs * FORGETTING));
    return sentAt + (ms <= QUICK_MS ? this.#fraction * ms : this.#quickestMs);
  }

  /** A call was refused although headers said that it fits. */
  refused(): void {
    this.#fraction = Math.min(1, this.#fraction + REFUSED_STEP);
  }

  succeeded(): void {
    this.#fraction = Math.max(LEAST, this.#fraction - GOOD_STEP);
  }
}
