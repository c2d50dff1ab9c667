import type { CheckedClassification } from '../../classification/classification';
import type { VendorError } from '../../classification/evidence/vendor-error';

export interface FailureFacts {
  /** What the vendor's rules are to judge by. */
  readonly evidence?: VendorError;
  /** The verdict itself, where no rule has a say. */
  readonly verdict?: CheckedClassification;
  /** The vendor's answer, body unread. */
  readonly response?: Response;
  /** What the caller would have been thrown. */
  readonly error?: unknown;
  /** The request cannot be made again. */
  readonly final?: boolean;
}

/** A failed attempt of the package's own calls, its evidence read already. */
export class AttemptFailure extends Error {
  readonly #facts: FailureFacts;

  constructor(facts: FailureFacts) {
    super('The attempt failed.');
    this.name = 'AttemptFailure';
    this.#facts = facts;
  }

  get facts(): FailureFacts {
    return this.#facts;
  }
}
