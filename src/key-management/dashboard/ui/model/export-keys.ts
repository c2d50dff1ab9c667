import type { KeyEntry } from '../api/types';
import type { BulkOutcome } from './bulk';

/** What an export says of a key; its secret the page has never had. */
const COLUMNS = {
  provider: (key) => key.provider,
  id: (key) => key.id,
  masked_key: (key) => key.masked_key,
  label: (key) => key.label,
  status: (key) => key.status,
  reason: (key) => key.reason,
  account: (key) => key.quota_group,
  origin: (key) => key.origin,
  weight: (key) => key.weight,
  tier: (key) => key.tier,
  success_count: (key) => key.success_count,
  error_count: (key) => key.error_count,
  input_tokens: (key) => key.usage.input_tokens,
  output_tokens: (key) => key.usage.output_tokens,
  cost_usd: (key) => key.usage.cost_usd,
  requests_without_cost: (key) => key.usage.requests_without_cost ?? 0,
  cooldown_until: (key) => key.cooldown_until,
  recheck_at: (key) => key.recheck_at,
  expires_at: (key) => key.expires_at,
  runs_out_at: (key) => key.runs_out_at,
  runs_out_earliest: (key) => key.runs_out_between?.earliest ?? null,
  runs_out_latest: (key) => key.runs_out_between?.latest ?? null,
  last_used_at: (key) => key.last_used_at,
  last_checked_at: (key) => key.last_checked_at,
} as const satisfies Record<string, (key: KeyEntry) => string | number | null>;

type Cell = string | number | null;

/** As RFC 4180 has it. What a spreadsheet would take for a formula gets an apostrophe before it; what is not known is empty. */
function cellText(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const csv = (names: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  [names, ...rows].map((row) => `${row.map(cellText).join(',')}\r\n`).join('');

export const keysAsCsv = (keys: readonly KeyEntry[]): string =>
  csv(
    Object.keys(COLUMNS),
    keys.map((key) => Object.values(COLUMNS).map((of) => of(key))),
  );

export const keysAsJson = (keys: readonly KeyEntry[]): string =>
  JSON.stringify(
    keys.map((key) => Object.fromEntries(Object.entries(COLUMNS).map(([name, of]) => [name, of(key)]))),
    undefined,
    2,
  );

/** What became of each key of an act on many, or of each that was added. */
export const outcomesAsCsv = (outcomes: readonly BulkOutcome[]): string =>
  csv(
    ['provider', 'id', 'masked_key', 'result', 'detail'],
    outcomes.map(({ provider, id, masked_key: mask, word, detail }) => [provider, id, mask, word, detail ?? null]),
  );
