/** At first late rather than early: what is lost is regained soon, a refusal is not. Milliseconds after the middle of a request and its answer. */
const FIRST_MS = 80;
/** No further from the middle. Milliseconds. */
const FURTHEST_MS = 100;
/** How far one good answer moves it until the first refusal, and then; and how far a refusal. One refusal in four hundred calls is where they balance. */
const FIRST_GOOD_STEP_MS = 0.5;
const GOOD_STEP_MS = 0.01;
const REFUSED_STEP_MS = 4;
/** So long at the most is a request under way to the vendor, however long the answer takes: by what the quickest answer took. Milliseconds. */
const MOST_MS = 200;
const LEAST_MS = 100;
/** Of an answer that came within this time, nobody can say how much of it the request took: a busy process may have sent it late. Milliseconds. */
const QUICK_MS = 500;
/** How fast the quickest answer is forgotten, as networks change. */
const FORGETTING = 1.001;

/**
 * When between the sending of a request and its answer the vendor counts it: in the middle, or so much later or earlier, which is learned for a whole
 * pool. Too early, and calls come a little before they fit; too late, and what refills meanwhile is lost. Earlier than the middle is right where calls
 * must fit as they arrive: also the quickest of them is under way for that long.
 */
export class SendLag {
  #lateMs = FIRST_MS;
  #wasRefused = false;
  /** What the quickest answer lately took, within these bounds. */
  #quickestMs = MOST_MS;

  /** When the vendor counted what an answer states; milliseconds since the epoch. */
  countedAt(sentAt: number, answeredAt: number): number {
    const ms = Math.max(0, answeredAt - sentAt);
    this.#quickestMs = Math.max(LEAST_MS, Math.min(MOST_MS, ms, this.#quickestMs * FORGETTING));
    return sentAt + (ms <= QUICK_MS ? Math.max(0, Math.min(ms, ms / 2 + this.#lateMs)) : this.#quickestMs);
  }

  /** A call was refused although headers said that it fits. */
  refused(): void {
    this.#wasRefused = true;
    this.#lateMs = Math.min(FURTHEST_MS, this.#lateMs + REFUSED_STEP_MS);
  }

  succeeded(): void {
    const step = this.#wasRefused ? GOOD_STEP_MS : FIRST_GOOD_STEP_MS;
    this.#lateMs = Math.max(-FURTHEST_MS, this.#lateMs - step);
  }
}
