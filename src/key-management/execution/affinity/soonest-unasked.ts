import type { KeyPool } from '../../pool/key-pool';

/** The account, of those whose keys were not asked, that may be the first to have a key for the model; undefined where none is expected to. */
export function soonestUnasked(
  pool: KeyPool,
  model: string | undefined,
  asked: ReadonlySet<string>,
  now: number,
): string | undefined {
  let soonest: string | undefined;
  let soonestAt = Infinity;
  for (const record of pool.records()) {
    if (asked.has(record.id) || !record.serves(model)) continue;
    const candidate = pool.candidateFor(record, model, now);
    const at = Math.max(record.unavailableUntil, candidate.cooldownUntil, candidate.blockedUntil(now));
    if (at < soonestAt) [soonest, soonestAt] = [record.account?.name ?? record.id, at];
  }
  return soonest;
}
