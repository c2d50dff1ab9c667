import { Injectable } from '@nestjs/common';
import { HealthCheckerRegistry } from '../checkers/health-checker.registry';
import { redactText } from '../classification/redaction/redact';
import { forEachInChunks } from '../common/event-loop';
import { StoreUnavailableError } from '../errors';
import { HealthCheckService } from '../health/health-check.service';
import type { BulkChange } from '../pool/key-events';
import { KeyPoolService } from '../pool/key-pool.service';
import type { KeyPool } from '../pool/key-pool';
import type { KeyRecord } from '../pool/key/key-record';
import { invalidRequest, notKept } from './api-problem';
import { keyFilter } from './key-filter';
import type { BulkKeyView, BulkResultView } from './schemas/bulk';
import { MOST_BULK_KEYS } from './bulk-limit';
import type { BulkAction, BulkKeys } from './schemas/requests';

/** From this number of changed keys on, one event tells of all instead of one for each. */
const MANY = 20;

const CHANGES: Readonly<Record<Exclude<BulkAction, 'check'>, BulkChange>> = {
  enable: 'enabled',
  disable: 'disabled',
  delete: 'deleted',
};

/** One key that is meant, by its id; `record` is undefined where the provider has none of that id. */
interface Meant {
  readonly id: string;
  /** Of the id in the request, or of the key among those that match. */
  readonly place: number;
  readonly record: KeyRecord | undefined;
}

/** One act of an administrator on many keys. */
@Injectable()
export class BulkKeysService {
  constructor(
    private readonly pools: KeyPoolService,
    private readonly registry: HealthCheckerRegistry,
    private readonly checks: HealthCheckService,
  ) {}

  /**
   * Acts on each key that is meant, chunk by chunk, so that ten thousand do not hold up calls.
   * @throws ApiProblem 400 where not exactly one of `ids` and `where` is given, or `where` says nothing or matches too many; 503 with what became
   * of each key, when the store does not take the changes in time
   */
  async run(provider: string, request: BulkKeys): Promise<BulkResultView> {
    refuseUnclear(request);
    this.registry.assertKnown(provider, this.pools);
    const { action } = request;
    const pool = this.pools.ensurePool(provider);
    // Keys whose cooldown is over are healthy from here on.
    pool.wake();
    const meant = await meantKeys(pool, request);
    const keys = action === 'check' ? await this.#check(pool, meant) : await this.#change(pool, meant, action);
    const result = { provider, action, counts: countsOf(keys), keys };
    if (action !== 'check') await this.#saved(provider, meant, result);
    return result;
  }

  async #change(pool: KeyPool, meant: readonly Meant[], action: keyof typeof CHANGES): Promise<BulkKeyView[]> {
    const isMany = meant.length >= MANY;
    const keys: BulkKeyView[] = [];
    await forEachInChunks(meant, (each) => {
      const { record } = each;
      // Somebody else may have deleted it meanwhile.
      if (record === undefined || (record.deleted && action !== 'delete')) {
        keys.push(notFound(each));
        return;
      }
      const act = (): boolean => changed(pool, record, action);
      const isChanged = isMany ? this.pools.asGroup(act) : act();
      const status = record.deleted ? null : record.status;
      keys.push({ ...viewOf(record, each.place), result: isChanged ? 'changed' : 'unchanged', status });
    });
    const { changed: count } = countsOf(keys);
    if (isMany && count > 0) this.pools.keysChanged(pool.provider, CHANGES[action], count);
    return keys;
  }

  async #check(pool: KeyPool, meant: readonly Meant[]): Promise<BulkKeyView[]> {
    const records = meant.flatMap(({ record }) => record ?? []);
    const checks = new Map(
      (await this.checks.checkAll(pool, records, 'administrator')).map(({ record, result }) => [record, result]),
    );
    return meant.map((each) => {
      const { record, place } = each;
      const check = record && checks.get(record);
      if (record === undefined || check === undefined) return notFound(each);
      const { outcome, reason = null } = check;
      const status = record.deleted ? null : record.status;
      return { ...viewOf(record, place), result: 'checked', status, outcome, reason };
    });
  }

  /**
   * Waits for all at once: with the store away each would wait for its own time. Also for what an earlier request did, which may have deleted
   * the key.
   */
  async #saved(provider: string, meant: readonly Meant[], result: BulkResultView): Promise<void> {
    const waits: Promise<void>[] = [];
    await forEachInChunks(meant, ({ id }) => {
      const saved = this.pools.saved(provider, id);
      // All are looked at below; until then none may count as unhandled.
      saved.catch(() => undefined);
      waits.push(saved);
    });
    try {
      await Promise.all(waits);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      await Promise.allSettled(waits);
      throw notKept(error, { ...result });
    }
  }
}

function refuseUnclear({ ids, where }: BulkKeys): void {
  if ((ids === undefined) === (where === undefined))
    throw invalidRequest([{ field: 'body', problem: 'must have either ids or where, and not both' }]);
  if (where !== undefined && Object.keys(where).length === 0)
    throw invalidRequest([
      {
        field: 'where',
        problem:
          'must have status, label or account, since without one it would mean every key; to act on all, send a request for each status, or give their ids',
      },
    ]);
}

async function meantKeys(pool: KeyPool, { ids, where }: BulkKeys): Promise<Meant[]> {
  if (ids) {
    const places = new Map<string, number>();
    for (const [place, id] of ids.entries()) if (!places.has(id)) places.set(id, place);
    return Array.from(places, ([id, place]) => ({ id, place, record: pool.record(id) }));
  }
  const isMeant = keyFilter(where!);
  const found: KeyRecord[] = [];
  await forEachInChunks(
    Array.from(pool.records()),
    (record) => {
      if (!record.deleted && isMeant(record)) found.push(record);
    },
    10_000,
  );
  if (found.length > MOST_BULK_KEYS) {
    const problem = `matches ${found.length} keys, and one request acts on ${MOST_BULK_KEYS} at the most: narrow it, or give their ids in several requests`;
    throw invalidRequest([{ field: 'where', problem }]);
  }
  return found.sort((a, b) => (a.id < b.id ? -1 : 1)).map((record, place) => ({ id: record.id, place, record }));
}

/** Whether it was not so already. */
function changed(pool: KeyPool, record: KeyRecord, action: keyof typeof CHANGES): boolean {
  if (action === 'delete') {
    const wasThere = !record.deleted;
    pool.delete(record, 'administrator');
    return wasThere;
  }
  const facts = (): unknown[] => [record.off, record.state, Array.from(pool.cooldowns(record, pool.now)).length];
  const before = facts();
  pool.setEnabled(record, action === 'enable', 'administrator');
  return facts().some((each, at) => each !== before[at]);
}

const viewOf = (record: KeyRecord, place: number) => ({
  id: record.id,
  place,
  masked_key: record.key.masked,
  outcome: null,
  reason: null,
});

/** An id of no key may be a key in the wrong place, which no answer repeats. */
const notFound = ({ id, place }: Meant): BulkKeyView => ({
  id: redactText(id) === id ? id : null,
  place,
  masked_key: null,
  result: 'not_found',
  status: null,
  outcome: null,
  reason: null,
});

function countsOf(keys: readonly BulkKeyView[]): BulkResultView['counts'] {
  const counts = { changed: 0, unchanged: 0, checked: 0, not_found: 0 };
  for (const { result } of keys) counts[result] += 1;
  return counts;
}
