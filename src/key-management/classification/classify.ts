import type { RuleBook, EvidenceRule } from '../vendors/contract/rule';
import { decidedByOf, firstMatch } from './rule-matching';
import { FARTHEST_DATE_MS } from './checked-classification';
import type { CheckedClassification, Classification, DecidedBy } from './classification';
import { CONSEQUENCES, type Outcome } from '../vendors/contract/outcome';
import { LONGEST_REASON, redactText, type RedactedText } from './redaction/redact';
import type { VendorError } from './evidence/vendor-error';

/** `evidence`: rules first, the table last. `status`: the specification's table alone. */
export type ErrorClassificationMode = 'evidence' | 'status';

/** A classification with nothing left out that the table of outcomes fills in. */
export type FullClassification = CheckedClassification &
  Required<Pick<Classification, 'keyAction' | 'scope' | 'retry' | 'decidedBy'>>;

const HOUR_MS = 3_600_000;
/** permission_denied cools down for an hour, growing, since it needs a person. */
const PERMISSION_COOLDOWN = { cooldownMs: HOUR_MS, cooldownMaxMs: 24 * HOUR_MS };

/** Outcomes for which coming back later helps, so that a stated wait means something. */
const WAITABLE: ReadonlySet<Outcome> = new Set<Outcome>([
  'rate_limited',
  'quota_exceeded',
  'overloaded',
  'server_error',
  'timeout',
  'unknown',
]);

/** Outcomes that may be about one model, which the vendor's sentence then names. */
const MODEL_MAY_BE_NAMED: ReadonlySet<Outcome> = new Set<Outcome>([
  'rate_limited',
  'model_unavailable',
  'permission_denied',
]);

/** What these refuse is the account's. */
const SPEAKS_OF_ACCOUNT: ReadonlySet<Outcome> = new Set<Outcome>(['rate_limited', 'quota_exceeded']);

/**
 * The classification of a failure, with every consequence filled in. Pure: `now` (milliseconds since the epoch) only bounds stated dates.
 * Mode `status` applies the specification's table alone; a failure of the transport, before any answer, is not looked up in the table in either mode.
 */
export function classify(
  error: VendorError,
  knowledge: RuleBook,
  mode: ErrorClassificationMode,
  now: number,
): FullClassification {
  const judged = judge(error, knowledge, mode, now);
  const account = SPEAKS_OF_ACCOUNT.has(judged.outcome) ? accountIn(error, knowledge) : undefined;
  return account === undefined ? judged : { ...judged, account };
}

/** The account that the refusal's details name. */
function accountIn({ details }: VendorError, { accountInDetails }: RuleBook): string | undefined {
  if (details === undefined || accountInDetails === undefined) return undefined;
  for (const [field, pattern] of Object.entries(accountInDetails)) {
    const name = pattern.exec(details[field] ?? '')?.[1];
    if (name) return name;
  }
  return undefined;
}

function judge(
  error: VendorError,
  knowledge: RuleBook,
  mode: ErrorClassificationMode,
  now: number,
): FullClassification {
  if (error.transport !== undefined && error.status === undefined)
    return classificationOf(error, error.transport, 'transport', now);
  if (mode === 'status') return byTable(error, knowledge, statusOnTheWire(error), now);
  if (isSuccess(error.status)) return classificationOf(error, 'ok', 'status', now);
  const rule = firstMatch(knowledge.rules, error);
  if (rule) {
    const byRule = classificationOf(error, rule.outcome, decidedByOf(rule), now, rule);
    return isBareRefusal(byRule, knowledge) ? { ...byRule, tableOnly: true } : byRule;
  }
  const byStatus = byTable(error, knowledge, error.status, now);
  return isTableOnlyRemoval(byStatus) ? { ...byStatus, tableOnly: true } : byStatus;
}

const removes = ({ keyAction, outcome }: Classification): boolean =>
  (keyAction ?? CONSEQUENCES[outcome].keyAction) === 'remove';

/**
 * Whether a rule condemns the key for its status alone, as the table does: any proxy and any wrong address answers 401, so that this proves as
 * little as the table. A status that names money (402) does not come from those.
 */
const isBareRefusal = (
  { outcome, keyAction, decidedBy, status }: FullClassification,
  { statusTable }: RuleBook,
): boolean =>
  outcome === 'invalid_key' &&
  keyAction === 'remove' &&
  decidedBy === 'status' &&
  status !== undefined &&
  statusTable[status] === outcome;

/** Whether the classification removes a key with nothing but the specification's table behind it: to be re-checked soon. */
export const isTableOnlyRemoval = (classification: Classification): boolean =>
  classification.decidedBy === 'status_default' && removes(classification);

/** Whether the removal is believed of a first key only: nothing but the status asks for it, and no rule knows what else the answer says. */
export const isDoubtableRemoval = (classification: Classification): boolean =>
  classification.tableOnly === true && removes(classification);

function byTable(error: VendorError, knowledge: RuleBook, status: number | undefined, now: number): FullClassification {
  // A 2xx that carries a failure is a stream's: no row of the table is about it.
  if (isSuccess(status)) {
    return error.phase === 'stream'
      ? classificationOf(error, 'unknown', 'status_default', now)
      : classificationOf(error, 'ok', 'status', now);
  }
  const outcome = status === undefined ? undefined : knowledge.statusTable[status];
  return classificationOf(error, outcome ?? 'unknown', 'status_default', now);
}

/** Inside a stream the table sees what the wire showed, never the status that an event stands for. */
const statusOnTheWire = (error: VendorError): number | undefined =>
  error.phase === 'stream' ? error.httpStatus : (error.httpStatus ?? error.status);

const isSuccess = (status: number | undefined): boolean => status !== undefined && status >= 200 && status < 300;

function classificationOf(
  error: VendorError,
  outcome: Outcome,
  decidedBy: DecidedBy,
  now: number,
  rule?: EvidenceRule,
): FullClassification {
  const consequence = CONSEQUENCES[outcome];
  const keyAction = rule?.keyAction ?? consequence.keyAction;
  const permission = outcome === 'permission_denied' && keyAction === 'cool_down' ? PERMISSION_COOLDOWN : undefined;
  return {
    outcome,
    keyAction,
    scope: rule?.scope ?? consequence.scope,
    retry: error.contentEmitted ? 'none' : (rule?.retry ?? consequence.retry),
    reason: outcome === 'ok' ? undefined : reasonOf(error, outcome),
    decidedBy,
    rule: rule?.id,
    retryAfterMs: waitOf(error, outcome),
    cooldownMs: rule?.cooldownMs ?? permission?.cooldownMs,
    cooldownMaxMs: rule?.cooldownMaxMs ?? permission?.cooldownMaxMs,
    notBefore: keyAction === 'keep' ? undefined : dateOf(error, outcome, now),
    escalateOnRepeat: rule?.escalateOnRepeat,
    model: MODEL_MAY_BE_NAMED.has(outcome) ? error.namedModel : undefined,
    status: error.status,
  };
}

function waitOf(error: VendorError, outcome: Outcome): number | undefined {
  const wait = error.statedWait;
  if (wait === undefined || !WAITABLE.has(outcome)) return undefined;
  // The reset of a spent dimension speaks of rate limits and of nothing else.
  return wait.source === 'reset-header' && outcome !== 'rate_limited' ? undefined : wait.ms;
}

function dateOf(error: VendorError, outcome: Outcome, now: number): Date | undefined {
  const date = error.notBefore;
  if (date === undefined || !WAITABLE.has(outcome)) return undefined;
  return date.getTime() - now <= FARTHEST_DATE_MS ? date : undefined;
}

function reasonOf(error: VendorError, outcome: Outcome): RedactedText {
  const word = error.reasons[0] ?? error.detailCodes[0] ?? error.codes[0] ?? error.types[0] ?? error.vendorStatuses[0];
  const parts = [word, error.message].filter((part) => part !== undefined && part !== '');
  if (parts.length === 0) parts.push(error.status === undefined ? outcome : `HTTP ${error.status}`);
  return redactText(parts.join(': '), [], LONGEST_REASON);
}
