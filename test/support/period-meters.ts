import type { BudgetUnit } from '../../src/key-management/pool/limits/budget';
import { PeriodMeter, type MeterTerms } from '../../src/key-management/pool/limits/period-meter';

/** A meter of a key's budget for a day, unless the terms say otherwise. */
export function meterOf(limit: number, unit: BudgetUnit = 'usd', terms: Partial<MeterTerms> = {}): PeriodMeter {
  const meter = new PeriodMeter({
    kind: 'budget',
    scope: 'key',
    subject: 'key:1',
    unit,
    per: 'day',
    timeZone: () => 'UTC',
    ...terms,
  });
  meter.limit = limit;
  return meter;
}
