import type { VendorError } from '../../classification/evidence/vendor-error';
import { addUsage, type Usage } from '../../usage/usage';
import type { AnswerEnd } from './answer-body';
import type { AnswerWatch } from './answer-watch';

/**
 * The vendor's answers within one attempt, and how many of them still stream: those keep the attempt's lease open after the caller's function
 * has returned.
 */
export class AttemptAnswers {
  /** What the last answer failed with; undefined where it did not fail. */
  lastFailure: VendorError | undefined;
  readonly #bodies: WeakRef<ReadableStream>[] = [];
  #opened = 0;
  #open = 0;
  /** The worst so far. */
  #end: AnswerEnd = 'whole';
  #usage: Usage | undefined;
  /** The model that the answers name; undefined where none does. */
  model: string | undefined;
  #onRelease: ((end: AnswerEnd) => void) | undefined;

  /**
   * Whether an answer still streams after the function has returned this value. A body that nobody has begun to read does not
   * where the value is a primitive, which cannot bring the body to a reader.
   */
  isStreaming(value: unknown): boolean {
    if (this.#open === 0) return false;
    return (typeof value === 'object' && value !== null) || this.#bodies.some((body) => body.deref()?.locked);
  }

  /** What the answers which have ended state to have used. */
  get usage(): Usage | undefined {
    return this.#usage;
  }

  /** Adds a body that the caller may read on. */
  addBody(body: ReadableStream): void {
    this.#bodies.push(new WeakRef(body));
  }

  /**
   * A body begins. Returns the function to call when it has ended.
   * @param keepsLease False for a short body: the vendor has done its part, and the body may be left unread.
   */
  opened(watch: AnswerWatch | undefined, keepsLease = true): (end: AnswerEnd) => void {
    const leases = keepsLease ? 1 : 0;
    this.#open += leases;
    const place = (this.#opened += 1);
    return (end) => {
      this.#open -= leases;
      const used = watch?.used;
      this.#usage = addUsage(this.#usage, used?.usage);
      this.model = used?.model ?? this.model;
      if (typeof end === 'object' && place === this.#opened) this.lastFailure = end;
      this.#end = worse(this.#end, end);
      if (this.#open === 0) this.#onRelease?.(this.#end);
    };
  }

  /** Calls the function when the last body has ended, with the worst end of all. */
  onRelease(released: (end: AnswerEnd) => void): void {
    this.#onRelease = released;
  }
}

/** A failure says most, then that the caller left; of two failures the later counts. */
function worse(before: AnswerEnd, now: AnswerEnd): AnswerEnd {
  return typeof now === 'object' || before === 'whole' || before === 'unread' ? now : before;
}
