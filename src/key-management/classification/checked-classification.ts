import { DECIDERS, LONGEST_ACCOUNT, type CheckedClassification } from './classification';
import { isOutcome, KEY_ACTIONS, RETRY_ADVICES, SCOPES } from '../vendors/contract/outcome';
import { redactReason } from './redaction/redact';
import { httpStatusOf, read } from './evidence/safe-read';

const DAY_MS = 86_400_000;
/** Later dates and longer waits are taken for garbage: no limit of a vendor lasts longer than a year. */
export const FARTHEST_DATE_MS = 400 * DAY_MS;
const LONGEST_RULE = 32;
/** Of a model's name more is not read. Where it is kept it is cut further. */
const LONGEST_MODEL = 1_024;

/** What is known where a checker's answer is read. */
export interface CheckContext {
  /** Raw keys that no part of the answer may contain. */
  readonly secrets: readonly string[];
  /** Milliseconds since the epoch. Without it only impossible dates are dropped, not absurd ones. */
  readonly now?: number;
}

/**
 * The one boundary through which what a user's code returns comes in: a checker's answer, or what a lease is settled with. A checker of the user's own may be written in JavaScript and return anything:
 * each field that can be read is kept, a date given as text or as milliseconds since the epoch becomes a `Date`, and every other field
 * is dropped, so that it falls back to the table of outcomes. Undefined where there is no outcome. Never throws.
 */
export function checkedClassification(
  given: unknown,
  { secrets, now }: CheckContext,
): CheckedClassification | undefined {
  // A promise is no classification, and nobody would hear of its rejection.
  if (given instanceof Promise) given.catch(() => undefined);
  const outcome = read(given, 'outcome');
  if (!isOutcome(outcome)) return undefined;
  const model = read(given, 'model');
  const account = read(given, 'account');
  const rule = read(given, 'rule');
  const checked: CheckedClassification = {
    outcome,
    keyAction: oneOf(KEY_ACTIONS, read(given, 'keyAction')),
    scope: oneOf(SCOPES, read(given, 'scope')),
    retry: oneOf(RETRY_ADVICES, read(given, 'retry')),
    reason: redactReason(read(given, 'reason'), secrets),
    decidedBy: oneOf(DECIDERS, read(given, 'decidedBy')),
    rule: typeof rule === 'string' ? redactReason(rule.slice(0, LONGEST_RULE), secrets) : undefined,
    retryAfterMs: durationOf(read(given, 'retryAfterMs')),
    cooldownMs: durationOf(read(given, 'cooldownMs')),
    cooldownMaxMs: durationOf(read(given, 'cooldownMaxMs')),
    notBefore: dateOf(read(given, 'notBefore'), now),
    escalateOnRepeat: oneOf(['midnight_pacific'] as const, read(given, 'escalateOnRepeat')),
    model: typeof model === 'string' && model !== '' ? model.slice(0, LONGEST_MODEL) : undefined,
    account:
      typeof account === 'string' && account !== ''
        ? redactReason(account.slice(0, LONGEST_ACCOUNT), secrets)
        : undefined,
    status: httpStatusOf(read(given, 'status')),
    tableOnly: read(given, 'tableOnly') === true ? true : undefined,
  };
  for (const name of Object.keys(checked) as (keyof CheckedClassification)[])
    if (checked[name] === undefined) Reflect.deleteProperty(checked, name);
  return checked;
}

function oneOf<Word extends string>(words: readonly Word[], given: unknown): Word | undefined {
  return words.find((word) => word === given);
}

/** Milliseconds: finite, not negative and not absurd. */
const durationOf = (given: unknown): number | undefined =>
  typeof given === 'number' && given >= 0 && given <= FARTHEST_DATE_MS ? given : undefined;

function dateOf(given: unknown, now: number | undefined): Date | undefined {
  const ms = given instanceof Date ? timeOf(given) : typeof given === 'string' ? Date.parse(given) : given;
  if (typeof ms !== 'number' || !Number.isFinite(ms)) return undefined;
  const date = new Date(ms);
  const isAbsurd = Number.isNaN(date.getTime()) || (now !== undefined && ms - now > FARTHEST_DATE_MS);
  return isAbsurd ? undefined : date;
}

/** A class of the user's own may have put anything in place of `getTime`. */
const timeOf = (date: Date): number => {
  try {
    return Date.prototype.getTime.call(date);
  } catch {
    return NaN;
  }
};
