/** Earlier versions of the package gave sums back under this name to a store that had lost them. */
const RESTORED = '~restored';

export const isRestoredSum = (field: string): boolean => field.endsWith(RESTORED);

/** The sums of a document as earlier versions of the package stored them, with what they gave back. */
export function earlierSums(sums: Readonly<Record<string, number>>): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const [field, sum] of Object.entries(sums)) {
    const name = isRestoredSum(field) ? field.slice(0, -RESTORED.length) : field;
    totals[name] = (totals[name] ?? 0) + sum;
  }
  return totals;
}
