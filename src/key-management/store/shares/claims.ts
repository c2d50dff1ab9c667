import { BUDGET_UNITS, type BudgetThreshold, type BudgetUnit } from '../../pool/limits/budget';
import { QUANTA, type MeterWant } from '../../pool/limits/period-meter';
import type { Json } from '../port/key-store';

/** What one instance has claimed, or used, of each unit. */
type Amounts = Readonly<Partial<Record<BudgetUnit, number>>>;

/** What an instance has claimed of one period, as its register in the document says. Whole amounts, since the period began. */
export interface Claim {
  /** When the period ends, milliseconds since the epoch. The stored field is named for the days that were counted first. */
  readonly endsAt: number;
  readonly claimed: Amounts;
  /** Of that, what it has used; undefined where it does not say. */
  readonly used: Amounts | undefined;
  /** Of that, what it may have used before it writes again; undefined where it does not say, and it may be all. */
  readonly upTo?: Amounts | undefined;
}

/** A claim is this part of what is left, so that each instance gets what it uses. */
const CLAIM_PART = 1 / 32;
/** An instance that uses up one claim after the other claims no more than this part of what is left at once. */
const GREATEST_PART = 1 / 16;

/** What an instance claims next, of what the others have left. */
export function nextClaim(
  { limit, claimed, needed, wished }: Pick<MeterWant, 'limit' | 'claimed' | 'needed' | 'wished'>,
  takenByOthers: number,
  unit: BudgetUnit,
): { readonly claimed: number; readonly isSpent: boolean } {
  const rest = leftOf(limit, takenByOthers + claimed, unit);
  const part = Math.max(rest * CLAIM_PART, Math.min(wished, rest * GREATEST_PART));
  const more = Math.min(rest, Math.max(roundedUp(part, unit), needed));
  const all = claimed + more;
  return { claimed: all, isSpent: leftOf(limit, takenByOthers + all, unit) === 0 };
}

/** What is left of a limit, in whole units; 0 where it is less than one. */
export function leftOf(limit: number, taken: number, unit: BudgetUnit): number {
  const left = limit - taken;
  return unit === 'usd' ? (left < QUANTA.usd ? 0 : left) : Math.max(0, Math.floor(left));
}

const roundedUp = (amount: number, unit: BudgetUnit): number => (unit === 'usd' ? amount : Math.ceil(amount));

/** The stored form. Requests and tokens are always there: earlier versions of the package read no claim without them. */
export const claimJson = ({ endsAt, claimed, used, upTo }: Claim): Json => ({
  day: endsAt,
  requests: 0,
  tokens: 0,
  ...claimed,
  ...(used && { used: { ...used } }),
  ...(upTo && { upTo: { ...upTo } }),
});

/** A stored claim; undefined for what makes no sense. */
export function claimIn(value: Json | undefined): Claim | undefined {
  if (!isObject(value) || !isAmount(value.day)) return undefined;
  const { day, used, upTo } = value;
  const claimed = amountsIn(value);
  const [known, most] = [used, upTo].map((each) => (isObject(each) ? amountsIn(each) : undefined));
  return claimed && { endsAt: day, claimed, used: known, upTo: most };
}

/** Whether less is claimed than before, of the same period. */
export const isLess = (claim: Claim, before: Claim): boolean =>
  claim.endsAt === before.endsAt &&
  BUDGET_UNITS.some((unit) => (claim.claimed[unit] ?? 0) < (before.claimed[unit] ?? 0));

/** The register of a document that says which thresholds were told of. */
export const TOLD = 'told';

/** Which threshold of which period was told of. */
export const toldJson = (endsAt: number, percent: BudgetThreshold): Json => ({ day: endsAt, percent });
export function toldIn(value: Json | undefined): { readonly endsAt: number; readonly percent: number } | undefined {
  if (!isObject(value) || !isAmount(value.day) || !isAmount(value.percent)) return undefined;
  return { endsAt: value.day, percent: value.percent };
}

function amountsIn(value: Record<string, Json>): Amounts | undefined {
  const { requests = 0, tokens = 0, usd = 0 } = value;
  return isAmount(requests) && isAmount(tokens) && isAmount(usd) ? { requests, tokens, usd } : undefined;
}

const isAmount = (value: Json | undefined): value is number => typeof value === 'number' && value >= 0;

const isObject = (value: Json | undefined): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
