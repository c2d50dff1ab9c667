import { isDeepStrictEqual } from 'node:util';
import type { GivenKey } from '../configuration/given-key';
import type { KeyPool } from '../pool/key-pool';
import { configuredText, type KeyRecord } from '../pool/key/key-record';
import type { KeyRoute } from '../pool/key/key-route';
import type { KeySettings, KeyUpdate } from '../pool/key/key-input';
import { NO_LIMITS } from '../pool/limits/stated-limits';
import { replaces } from './key-conflicts';

/** A key of the pool and what its source says of it now. */
interface SourcePair {
  readonly record: KeyRecord;
  readonly given: GivenKey;
}

/** What is to be done so that the pool has what the source gives. */
export interface SourcePlan {
  readonly added: readonly GivenKey[];
  /** Other settings, which change in place. */
  readonly changed: readonly SourcePair[];
  /** Another key under the same id, or one that is made anew since it is called elsewhere or for other models. */
  readonly replaced: readonly SourcePair[];
  /** All keys of the source that are in the pool and stay. */
  readonly kept: readonly KeyRecord[];
  readonly gone: readonly KeyRecord[];
  /** Keys that stay as they are, or stay out, with the reason that people are told. */
  readonly ignored: readonly { readonly key: GivenKey['key']; readonly why: string }[];
}

/**
 * Compares a read of a source with the pool.
 * @param isDeleted Whether an administrator deleted the key.
 */
export function sourcePlan(
  pool: Pick<KeyPool, 'record' | 'records' | 'holderOf'>,
  source: string,
  given: readonly GivenKey[],
  isDeleted: (keyId: string) => boolean,
): SourcePlan {
  const plan = { added: [] as GivenKey[], changed: [] as SourcePair[], replaced: [] as SourcePair[] };
  const ignored: SourcePlan['ignored'][number][] = [];
  const kept = new Set<KeyRecord>();
  for (const each of given) {
    const record = pool.record(each.key.id) ?? (each.tokens ? undefined : pool.holderOf(each.key));
    if (record === undefined) {
      if (isDeleted(each.key.id))
        ignored.push({ key: each.key, why: 'stays out: an administrator deleted it; add it again to have it back' });
      else plan.added.push(each);
      continue;
    }
    const isSameKey = !replaces(each, record) && (each.tokens === undefined) === (record.tokens === undefined);
    if (record.source !== source) {
      const giver = record.origin === 'runtime' ? 'an administrator' : (record.source ?? 'the configuration');
      if (!isSameKey)
        ignored.push({
          key: each.key,
          why: `is not used: its id "${record.id}" is of another key, which ${giver} gave`,
        });
      continue;
    }
    kept.add(record);
    if (!isSameKey && !each.key.isNamed) {
      ignored.push({ key: each.key, why: `is not used: another key was given its id "${record.id}"` });
    } else if (!isSameKey || isMadeAnew(record, each)) plan.replaced.push({ record, given: each });
    else if (configuredText(settingsOf(each)) !== record.configured) plan.changed.push({ record, given: each });
  }
  const gone = Array.from(pool.records()).filter((record) => record.source === source && !kept.has(record));
  return { ...plan, kept: [...kept], gone, ignored };
}

export const settingsOf = ({ key: _, ...settings }: GivenKey): KeySettings => settings;

/** Whether the key's place in the pool is another one with these settings. */
export function isMadeAnew(record: KeyRecord, given: GivenKey): boolean {
  const models = given.models && given.models.length > 0 ? given.models : undefined;
  return (
    (record.tokens === undefined) !== (given.tokens === undefined) ||
    record.quotaGroup !== given.quotaGroup ||
    sorted(record.models) !== sorted(models) ||
    routeText(record.route) !== routeText(given.route)
  );
}

const sorted = (models: Iterable<string> | undefined): string => JSON.stringify(models && [...models].sort());
const routeText = (route: KeyRoute | undefined): string =>
  JSON.stringify(route && [route.baseUrl, Object.entries(route.revealHeaders()).sort()]);

/** What a source's new settings change of the key. */
export function changesOf(
  record: KeyRecord,
  { label, weight, tier, limits, budgets = [], expiresAt }: KeySettings,
): KeyUpdate {
  const hasSameLimits = JSON.stringify(limits ?? {}) === JSON.stringify(record.limits);
  return {
    ...((label ?? '') !== (record.label ?? '') && { label: label ?? '' }),
    ...((weight ?? 1) !== record.weight && { weight: weight ?? 1 }),
    ...((tier ?? 0) !== record.tier && { tier: tier ?? 0 }),
    ...(!hasSameLimits && { limits: { ...NO_LIMITS, ...limits } }),
    ...(!isDeepStrictEqual(budgets, record.budgets) && { budgets }),
    ...(expiresAt?.getTime() !== record.expiresAt && { expiresAt: expiresAt ?? null }),
  };
}
