import type { RedactedText } from './redaction/redact';
import type { KeyAction, Outcome, RetryAdvice, Scope } from '../vendors/contract/outcome';

/** Which kind of evidence decided. `status_default` is the specification's table, `checker` a checker of the user's own. */
export const DECIDERS = [
  'transport',
  'code',
  'type',
  'reason',
  'detail_code',
  'gstatus',
  'quota_id',
  'message',
  'header',
  'body',
  'status',
  'status_default',
  'checker',
] as const;
export type DecidedBy = (typeof DECIDERS)[number];

/** Longer names of an account are not believed. Characters. */
export const LONGEST_ACCOUNT = 200;

/** What one failure is. Only `outcome` is needed; what is left out follows from the table in `vendors/contract/outcome.ts`. */
export interface Classification {
  outcome: Outcome;
  /** Overrides of the table, for the few rules that need one. */
  keyAction?: KeyAction;
  scope?: Scope;
  retry?: RetryAdvice;
  /** One short line for people: code or redacted message. Never holds a key. */
  reason?: string;
  decidedBy?: DecidedBy;
  /** The rule that matched, as `docs/errors.md` lists it (`O10`). */
  rule?: string;
  /** Milliseconds to wait, as the vendor stated it. */
  retryAfterMs?: number;
  /** How long the key cools down where the vendor states no wait, in milliseconds. */
  cooldownMs?: number;
  /** The same classification again doubles `cooldownMs` up to this, in milliseconds. */
  cooldownMaxMs?: number;
  /** A date before which the vendor says the key will not work. As stated: it may lie in the past. */
  notBefore?: Date;
  /** When the same classification repeats, cool down until this point instead. */
  escalateOnRepeat?: 'midnight_pacific';
  /** The model the vendor names in its refusal, where the caller named none. */
  model?: string;
  /** The vendor account behind the key, where the refusal names it: of `rate_limited` and `quota_exceeded`. */
  account?: string;
  status?: number;
  /**
   * Set where a key is removed and nothing but the status asks for it, under `errorClassification: 'evidence'`: by the status table of a vendor's
   * profile, or by a rule that looks at a 401 and at nothing in it. One
   * key is removed for it at once; where a second one in the same call, or a third one within a minute, meets the same, probes decide.
   */
  tableOnly?: true;
}

/** A classification within the package: every field was checked, and the reason is redacted. What a user's code gives becomes one in `checkedClassification`. */
export interface CheckedClassification extends Classification {
  reason?: RedactedText;
  /** Set where the account does not have the object that the call names: another account may have it. */
  notFoundHere?: boolean;
}
