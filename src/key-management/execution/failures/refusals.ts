import type { CheckedClassification, Classification } from '../../classification/classification';
import { refusalWords } from '../../classification/refusal-words';
import { CONSEQUENCES, type Outcome } from '../../vendors/contract/outcome';
import type { PoolLease } from '../../pool/key-lease';

interface Refusal {
  readonly lease: PoolLease;
  readonly failure: CheckedClassification;
}

/**
 * The refusals of one call. A key that is refused alone is at fault: its refusal is withheld until another key has answered the same call. When
 * that key is refused in the same words, the cause is not the key's (a forbidden endpoint, a model that no key may use, a flagged prompt), and no
 * key pays.
 */
export class Refusals {
  #withheld: Refusal[] = [];

  /** Whether another key's refusal of this call was the same. Then that refusal is dropped. */
  isShared(lease: PoolLease, failure: Classification): boolean {
    if (!SHAREABLE_REFUSALS.has(failure.outcome)) return false;
    const words = refusalWords(failure);
    const isSame = (earlier: Refusal): boolean =>
      earlier.lease.keyId !== lease.keyId && refusalWords(earlier.failure) === words;
    if (!this.#withheld.some(isSame)) return false;
    this.#withheld = this.#withheld.filter((earlier) => !isSame(earlier));
    return true;
  }

  withhold(lease: PoolLease, failure: CheckedClassification): void {
    this.#withheld.push({ lease, failure });
  }

  /** The call has ended: a refusal that no other key shared is the key's own. */
  confirm(now: number): void {
    for (const { lease, failure } of this.#withheld) lease.confirm(failure, now);
    this.#withheld = [];
  }
}

/** Whether the refusal would cost the key something, and may meet other keys too. */
export const mayBeShared = ({ outcome, keyAction }: Classification): boolean =>
  SHAREABLE_REFUSALS.has(outcome) && (keyAction ?? CONSEQUENCES[outcome].keyAction) !== 'remove';

/** Refusals that several keys may share: where no other key can be asked, the vendor's own answer says more than that no key is left. */
export const SHAREABLE_REFUSALS: ReadonlySet<Outcome> = new Set<Outcome>([
  'permission_denied',
  'model_unavailable',
  'config_error',
  'region_blocked',
]);
