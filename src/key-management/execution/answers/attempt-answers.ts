import type { VendorError } from '../../classification/evidence/vendor-error';
import type { AnswerEnd } from './answer-body';
import type { AnswerWatch } from './answer-watch';

/** The vendor's answers within one attempt, and which of them are still on their way: they keep its lease after its function has returned. */
export class AttemptAnswers {
  /** What the last answer failed with; undefined where it was none of a failure. */
  lastFailure: VendorError | undefined;
  readonly #bodies: WeakRef<ReadableStream>[] = [];
  #begun = 0;
  #open = 0;
  /** The worst so far. */
  #end: AnswerEnd = 'whole';
  #tokens = 0;
  #released: ((end: AnswerEnd) => void) | undefined;

  /**
   * Whether an answer goes on after the function has returned this value. A body that nobody has begun to read does not
   * where the value is none that could bring it to a reader.
   */
  goesOn(value: unknown): boolean {
    if (this.#open === 0) return false;
    return (typeof value === 'object' && value !== null) || this.#bodies.some((body) => body.deref()?.locked);
  }

  /** Those that passed by since the function returned, or before. */
  get tokens(): number {
    return this.#tokens;
  }

  /** The body that is on its way. */
  passing(body: ReadableStream): void {
    this.#bodies.push(new WeakRef(body));
  }

  /**
   * A body begins; call what it gives when that has ended.
   * @param keepsLease Not a short one: the vendor has done its part, and it may be left unread.
   */
  opened(watch: AnswerWatch | undefined, keepsLease = true): (end: AnswerEnd) => void {
    const counts = keepsLease ? 1 : 0;
    this.#open += counts;
    const place = (this.#begun += 1);
    return (end) => {
      this.#open -= counts;
      this.#tokens += watch?.tokens ?? 0;
      if (typeof end === 'object' && place === this.#begun) this.lastFailure = end;
      this.#end = worse(this.#end, end);
      if (this.#open === 0) this.#released?.(this.#end);
    };
  }

  /** Tells when the last body has ended, with the worst end of all. */
  whenReleased(released: (end: AnswerEnd) => void): void {
    this.#released = released;
  }
}

/** A failure tells most, then that the caller left; of two failures the later counts. */
function worse(before: AnswerEnd, now: AnswerEnd): AnswerEnd {
  return typeof now === 'object' || before === 'whole' || before === 'unread' ? now : before;
}
