import type { KeyAction, Outcome, RetryAdvice, Scope } from './outcome';

/** Where a failure was met: an HTTP answer, a health check, an error event in a 200 stream, or before any answer. */
export type Phase = 'http' | 'probe' | 'stream' | 'transport';

/** One thing that must hold. Alternatives inside one condition are "or"; patterns must be linear and stateless. */
export type Condition =
  | { readonly on: 'code' | 'type' | 'reason' | 'detail_code' | 'gstatus'; readonly oneOf: readonly string[] }
  | { readonly on: 'quota_id' | 'message' | 'endpoint'; readonly pattern: RegExp }
  | { readonly on: 'status'; readonly oneOf: readonly number[] }
  | { readonly on: 'phase'; readonly is: Phase }
  | { readonly on: 'body'; readonly is: 'html' | 'not_json' }
  | { readonly on: 'http_5xx' | 'not_5xx' | 'stated_wait' | 'all_limits_zero' }
  /** What stands before the vendor answered: a content delivery network, a front end, a firewall. */
  | { readonly on: 'edge' };

/** Evidence → outcome. All conditions hold, or the rule does not match; what is left out follows from `CONSEQUENCES`. */
export interface EvidenceRule {
  /** As `docs/errors.md` lists it: `O10`. */
  readonly id: string;
  /** What must hold, all of it. */
  readonly when: readonly Condition[];
  /** Where the answer was seen or documented. */
  readonly source?: string;
  /** What the failure is. */
  readonly outcome: Outcome;
  /** Instead of what the outcome does to the key. */
  readonly keyAction?: KeyAction;
  /** Instead of how far that reaches. */
  readonly scope?: Scope;
  /** Instead of what the call does next. */
  readonly retry?: RetryAdvice;
  /** The cooldown where no wait is stated, in milliseconds. */
  readonly cooldownMs?: number;
  /** A repeated verdict doubles the cooldown up to this, in milliseconds. */
  readonly cooldownMaxMs?: number;
  /** The same verdict again cools the key down until midnight Pacific. */
  readonly escalateOnRepeat?: 'midnight_pacific';
}

export const code = (...oneOf: string[]): Condition => ({ on: 'code', oneOf });
export const type = (...oneOf: string[]): Condition => ({ on: 'type', oneOf });
export const reason = (...oneOf: string[]): Condition => ({ on: 'reason', oneOf });
export const detailCode = (...oneOf: string[]): Condition => ({ on: 'detail_code', oneOf });
export const vendorStatus = (...oneOf: string[]): Condition => ({ on: 'gstatus', oneOf });
export const quotaId = (pattern: RegExp): Condition => ({ on: 'quota_id', pattern });
export const message = (pattern: RegExp): Condition => ({ on: 'message', pattern });
export const status = (...oneOf: number[]): Condition => ({ on: 'status', oneOf });

/** What of a vendor's knowledge decides on a failure. */
export interface RuleBook {
  readonly rules: readonly EvidenceRule[];
  /** The specification's table: HTTP status → outcome. */
  readonly statusTable: Readonly<Partial<Record<number, Outcome>>>;
  /** How the details of a refusal name the account: a pattern with one group by field. */
  readonly accountInDetails?: Readonly<Record<string, RegExp>>;
}
