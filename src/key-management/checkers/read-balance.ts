import type { BalanceProbe } from '../vendors/contract/profile';

/** What a vendor says is left. */
export interface Balance {
  readonly left: number;
  /** Lower case: `usd`, `cny`, `characters`. */
  readonly unit: string;
  /** What was used of how much, where the vendor says so, and when all of it is there again. Milliseconds since the epoch. */
  readonly limit?: number;
  readonly endsAt?: number;
}

const LONGEST_UNIT = 20;

/**
 * Reads the balance in a vendor's answer. Undefined where there is none: a key without a limit, or an answer of another shape.
 * @param host That it came from.
 */
export function readBalance(probe: BalanceProbe, answer: unknown, host: string): Balance | undefined {
  const { amount } = probe;
  const unit = unitIn(probe, answer, host);
  if (unit === undefined) return undefined;
  if ('left' in amount) {
    const left = numberAt(answer, amount.left);
    return left === undefined ? undefined : { left, unit };
  }
  const [spent, limit] = [numberAt(answer, amount.spent), numberAt(answer, amount.limit)];
  if (spent === undefined || limit === undefined) return undefined;
  const endsAt = probe.endsAt === undefined ? undefined : numberAt(answer, probe.endsAt);
  return { left: limit - spent, unit, limit, ...(endsAt !== undefined && endsAt > 0 && { endsAt: endsAt * 1_000 }) };
}

function unitIn({ unit, unitByHost }: BalanceProbe, answer: unknown, host: string): string | undefined {
  if (typeof unit === 'string') return unitByHost?.[host] ?? unit;
  const said = valueAt(answer, unit.at);
  return typeof said === 'string' && /^[\w-]+$/.test(said) && said.length <= LONGEST_UNIT
    ? said.toLowerCase()
    : undefined;
}

/** Vendors of money write amounts as text, so that they stay exact. */
function numberAt(answer: unknown, place: string): number | undefined {
  const value = valueAt(answer, place);
  const number =
    typeof value === 'number'
      ? value
      : typeof value === 'string' && /^-?\d{1,15}(?:\.\d{1,12})?$/.test(value)
        ? Number(value)
        : NaN;
  return Number.isFinite(number) ? number : undefined;
}

function valueAt(answer: unknown, place: string): unknown {
  let value = answer;
  for (const name of place.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
