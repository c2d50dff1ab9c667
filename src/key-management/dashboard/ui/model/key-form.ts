import type { KeyEntry } from '../api/types';
import { budgetFieldNamed, type OwnBudget } from './budget-form';
import { numberOf } from './number-of';

/** The fields of a key that are changed here, in the order of the form. */
export const KEY_FIELDS = {
  label: { name: 'Label', help: 'for people' },
  weight: { name: 'Weight', help: 'share of calls' },
  tier: { name: 'Tier', help: 'lower ones first' },
  expires_at: { name: 'Ends', help: 'by your clock' },
  concurrency: { name: 'Calls at once', help: '' },
  requests_per_minute: { name: 'Calls a minute', help: '' },
  tokens_per_minute: { name: 'Tokens a minute', help: '' },
  requests_per_day: { name: 'Calls a day', help: '' },
  tokens_per_day: { name: 'Tokens a day', help: '' },
} as const;
export type KeyField = keyof typeof KEY_FIELDS;
type LimitField = keyof KeyEntry['limits'];

export const KEY_FIELD_NAMES = Object.keys(KEY_FIELDS) as KeyField[];
const LIMIT_FIELDS = KEY_FIELD_NAMES.slice(4) as LimitField[];

export type KeyTexts = Readonly<Record<KeyField, string>>;

/** A body of `PATCH`. */
export interface KeyChanges {
  label?: string | null;
  weight?: number;
  tier?: number;
  expires_at?: string | null;
  budgets?: OwnBudget[];
  limits?: Partial<Record<LimitField, number | null>>;
}

type KeyProblems = Partial<Record<KeyField, string>>;

export const keyTexts = ({ label, weight, tier, expires_at: expiresAt, limits }: KeyEntry): KeyTexts => ({
  label: label ?? '',
  weight: String(weight),
  tier: String(tier),
  expires_at: expiresAt === null ? '' : localMinute(expiresAt),
  ...(Object.fromEntries(LIMIT_FIELDS.map((field) => [field, limits[field]?.toString() ?? ''])) as Record<
    LimitField,
    string
  >),
});

/** What the fields change of the key, and what is wrong with them. @param now Milliseconds since the epoch. */
export function keyChanges(
  key: KeyEntry,
  texts: KeyTexts,
  now: number,
): { changes: KeyChanges; problems: KeyProblems } {
  const before = keyTexts(key);
  const problems: KeyProblems = {};
  const changes: KeyChanges = {};
  const isChanged = (field: KeyField): boolean => texts[field].trim() !== before[field];
  const label = texts.label.trim();
  if (label.length > 100) problems.label = 'Enter 100 characters or fewer.';
  else if (isChanged('label')) changes.label = label === '' ? null : label;

  const weight = numberOf(texts.weight);
  if (weight === undefined || weight <= 0 || weight > 1_000) problems.weight = 'Enter a number above 0, up to 1,000.';
  else if (isChanged('weight')) changes.weight = weight;

  const tier = numberOf(texts.tier);
  if (tier === undefined || !Number.isInteger(tier) || tier < 0 || tier > 1_000)
    problems.tier = 'Enter a whole number from 0 to 1,000.';
  else if (isChanged('tier')) changes.tier = tier;

  if (isChanged('expires_at')) {
    const end = texts.expires_at === '' ? null : new Date(texts.expires_at);
    if (end !== null && !(end.getTime() > now))
      problems.expires_at = 'Enter a time to come. To take the key out now, disable it.';
    else changes.expires_at = end?.toISOString() ?? null;
  }

  const limits: KeyChanges['limits'] = {};
  for (const field of LIMIT_FIELDS) {
    if (!isChanged(field)) continue;
    const text = texts[field].trim();
    const limit = text === '' ? null : numberOf(text);
    const isWrong = limit === undefined || (limit !== null && (limit <= 0 || limit > Number.MAX_SAFE_INTEGER));
    if (isWrong) problems[field] = 'Enter a number above 0, or nothing for no limit.';
    else if (field === 'concurrency' && limit !== null && !Number.isInteger(limit))
      problems[field] = 'Enter a whole number, or nothing for no limit.';
    else limits[field] = limit;
  }
  if (Object.keys(limits).length > 0) changes.limits = limits;
  return { changes, problems };
}

/** As a field for day and time has it, by the clock of whoever reads it: `2027-01-31T12:00`. */
function localMinute(iso: string): string {
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The server's name of a field (`limits.concurrency`) as the form's. */
export const fieldNamed = (name: string): string | undefined =>
  KEY_FIELD_NAMES.find((each) => each === name.replace(/^limits\./, '')) ?? budgetFieldNamed(name);
