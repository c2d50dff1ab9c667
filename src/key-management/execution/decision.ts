import { SHAREABLE_REFUSALS } from './failures/refusals';
import { CONSEQUENCES, type Outcome } from '../vendors/contract/outcome';
import type { Classification } from '../classification/classification';
import { isDoubtableRemoval } from '../classification/classify';

/** Where a call stands when one of its attempts failed. */
export interface Progress {
  /** Retries used so far. */
  readonly retries: number;
  readonly maxRetries: number;
  /** Attempts that ended with this outcome, the present one included. */
  readonly sameOutcome: number;
  /** Attempts that ended with a failure of the vendor or the network, the present one included if it is one. */
  readonly transient: number;
  /** A key tried before refused the call in the same words: the cause is not the key's. */
  readonly sameRefusal?: boolean;
  /** Attempts whose keys the status table alone would remove, the present one included if it is one. */
  readonly tableOnly?: number;
  /** The pool did not believe that the present key is to be removed. */
  readonly doubted?: boolean;
}

/**
 * What a call does next. `otherwise`: what to do where no untried key is eligible: wait for one (`wait`), wait only for one that is in use
 * (`wait_for_busy`), back off and take any (`back_off`), or end (`give_up`).
 */
export type Decision =
  | {
      readonly next: 'other_key';
      readonly costsRetry: boolean;
      readonly otherwise: 'wait' | 'wait_for_busy' | 'back_off' | 'give_up';
    }
  | { readonly next: 'back_off' }
  /** The account does not have what the call names: another one is asked. */
  | { readonly next: 'other_account' }
  | { readonly next: 'give_up'; readonly why: 'rejected' | 'exhausted' | 'cancelled' | 'deadline' };

/** Outcomes in which another key may help, but hardly a third. */
const ONE_OTHER_KEY: ReadonlySet<Outcome> = new Set<Outcome>(['model_unavailable', 'request_exceeds_key_limit']);

/** With so many attempts whose keys the status table alone would remove, the call ends: what meets three keys is hardly the fault of the keys. */
const MOST_TABLE_ONLY = 3;

/** failure × progress → what the call does next. */
export function decide(
  failure: Classification,
  { retries, maxRetries, sameOutcome, transient, sameRefusal = false, tableOnly = 0, doubted = false }: Progress,
): Decision {
  const usual = CONSEQUENCES[failure.outcome];
  const retry = failure.retry ?? usual.retry;
  if (failure.outcome === 'cancelled') return { next: 'give_up', why: 'cancelled' };
  if (retry === 'none' || sameRefusal) return { next: 'give_up', why: 'rejected' };
  if (isDoubtableRemoval(failure) && tableOnly >= MOST_TABLE_ONLY) return { next: 'give_up', why: 'rejected' };
  // Each key can be removed only once, so a walk past removed keys ends by itself and costs no retry. A removal that is doubted is none: the
  // vendor's own answer then says more than that no key is left.
  if ((failure.keyAction ?? usual.keyAction) === 'remove') {
    return { next: 'other_key', costsRetry: false, otherwise: doubted ? 'wait_for_busy' : 'wait' };
  }
  if (ONE_OTHER_KEY.has(failure.outcome) && sameOutcome > 1) return { next: 'give_up', why: 'rejected' };
  // Not `>=`: a number that is none (`Number('many')`) must not retry for ever.
  if (!(retries < maxRetries))
    return { next: 'give_up', why: ONE_OTHER_KEY.has(failure.outcome) ? 'rejected' : 'exhausted' };
  // A key that fails alone is at fault: another key is asked at once, the first time, and always where the vendor asks this key to wait.
  if (retry === 'same_key')
    return transient <= 1 || failure.retryAfterMs
      ? { next: 'other_key', costsRetry: true, otherwise: 'back_off' }
      : { next: 'back_off' };
  if (ONE_OTHER_KEY.has(failure.outcome) || SHAREABLE_REFUSALS.has(failure.outcome))
    return { next: 'other_key', costsRetry: true, otherwise: 'give_up' };
  const cooldowns = (failure.keyAction ?? usual.keyAction) === 'cool_down';
  return { next: 'other_key', costsRetry: true, otherwise: cooldowns ? 'wait' : 'back_off' };
}
