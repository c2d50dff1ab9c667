import { Inject, Injectable } from '@nestjs/common';
import type { GivenKey } from '../configuration/given-key';
import type { ResolvedOptions } from '../configuration/resolved-options';
import { RESOLVED_OPTIONS } from '../key-management.constants';
import { KeyIdConflictError } from '../configuration/resolve-options';
import type { Outcome } from '../vendors/contract/outcome';
import type { ChangedBy } from '../pool/key-events';
import type { ApiKey } from '../pool/key/api-key';
import type { KeyInput, RecordOrigin } from '../pool/key/key-input';
import type { KeyPool } from '../pool/key-pool';
import { KeyPoolService } from '../pool/key-pool.service';
import type { KeyRecord } from '../pool/key/key-record';
import type { KeyStatus } from '../pool/key/key-state';
import { HealthCheckerRegistry } from '../checkers/health-checker.registry';
import { mapConcurrent, forEachInChunks } from '../common/event-loop';
import { HealthCheckService, PARALLEL_CHECKS } from './health-check.service';
import { distinctKeys } from './given-keys';
import { conflictOf, replaces } from './key-conflicts';

/** The result for one key that was given. */
export interface KeyVerdict {
  keyId: string;
  maskedKey: string;
  /**
   * `added` to the pool's keys with `status`; `present`: was there already, and nothing changed; `replaced`: took the place of the key of that id,
   * whose settings and history go on; `refused`: not kept.
   */
  verdict: 'added' | 'present' | 'replaced' | 'refused';
  status?: KeyStatus;
  outcome: Outcome;
  reason?: string;
}

export interface AddKeysResult {
  provider: string;
  /** Different keys that were given. */
  totalKeys: number;
  healthyKeysAdded: number;
  rejected: { maskedKey: string; outcome: Outcome; reason: string }[];
}

/** Brings new keys into a pool: checks them, and refuses those that prove invalid. */
@Injectable()
export class KeyIntakeService {
  constructor(
    private readonly pools: KeyPoolService,
    private readonly registry: HealthCheckerRegistry,
    private readonly checks: HealthCheckService,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** Registers every key that is wanted, by default all, then checks the new ones. */
  async initialize(
    provider: string,
    keys: readonly (string | KeyInput)[],
    isWanted: (key: ApiKey) => boolean = () => true,
  ): Promise<AddKeysResult> {
    const pool = this.#poolOf(provider);
    const distinct = await this.#distinct(provider, keys);
    const given = distinct.filter(({ key }) => isWanted(key));
    refuseConflicts(pool, given, true);
    const known = new Set(given.flatMap(({ key }) => pool.find(key)?.id ?? []));
    const records = await this.register(pool, given, 'configuration', 'configuration');
    const replaced = new Set<string>();
    for (const [index, record] of records.entries()) {
      if (!replaces(given[index]!, record)) continue;
      pool.replaceKey(record, given[index]!.key, 'configuration');
      replaced.add(record.id);
    }
    await this.checks.checkAll(
      pool,
      records.filter(({ id }) => !known.has(id) || replaced.has(id)),
    );
    const verdicts = records.map((record) =>
      verdictOf(record, replaced.has(record.id) ? 'replaced' : known.has(record.id) ? 'present' : 'added'),
    );
    return addedKeys(provider, verdicts);
  }

  async addNew(provider: string, keys: readonly (string | KeyInput)[]): Promise<AddKeysResult> {
    return addedKeys(provider, await this.add(provider, keys));
  }

  /**
   * Checks each key before it is added; one that proves invalid is refused. One verdict per different key. A key with short-lived tokens is kept
   * with its verdict, for its next token may be good.
   * @throws KeyIdConflictError where an id stands for another key; then none is added
   * @throws StoreUnavailableError when the store has not taken the keys after 5 s
   */
  async add(provider: string, keys: readonly (string | KeyInput)[]): Promise<KeyVerdict[]> {
    const verdicts = await this.addUnsaved(provider, keys);
    await this.saved(provider, verdicts);
    return verdicts;
  }

  /** As `add`, but does not wait until they are kept. */
  async addUnsaved(
    provider: string,
    keys: readonly (string | KeyInput)[],
    by: ChangedBy = 'administrator',
  ): Promise<KeyVerdict[]> {
    const pool = this.#poolOf(provider);
    const given = await this.#distinct(provider, keys);
    refuseConflicts(pool, given, false);
    return mapConcurrent(given, PARALLEL_CHECKS, (each) => this.#addOne(pool, each, by));
  }

  /** Resolves when the keys are kept. @throws StoreUnavailableError */
  async saved(provider: string, verdicts: readonly KeyVerdict[]): Promise<void> {
    await Promise.all(verdicts.map(({ keyId }) => this.pools.saved(provider, keyId)));
  }

  /** Puts keys into the pool unchecked. */
  async register(pool: KeyPool, given: readonly GivenKey[], origin: RecordOrigin, by: ChangedBy): Promise<KeyRecord[]> {
    const records: KeyRecord[] = [];
    await forEachInChunks(given, ({ key, ...input }) => records.push(pool.add(key, input, origin, by)));
    return records;
  }

  async #addOne(pool: KeyPool, given: GivenKey, by: ChangedBy): Promise<KeyVerdict> {
    const { key, ...settings } = given;
    const present = pool.find(key);
    if (present && !replaces(given, present)) return verdictOf(present, 'present');
    if (settings.tokens) {
      // Only the app's code gives a function, at each start: it is as a key of the configuration, and no token is stored.
      const record = pool.add(key, settings, 'configuration', by);
      await this.checks.checkAll(pool, [record]);
      return verdictOf(record, 'added');
    }
    const result = await this.checks.checkNew(pool.provider, key, settings.route);
    if (result.outcome === 'invalid_key') {
      return {
        keyId: key.id,
        maskedKey: key.masked,
        verdict: 'refused',
        outcome: 'invalid_key',
        reason: result.reason,
      };
    }
    // Another request may have added it while this one was checking.
    const meanwhile = pool.find(key);
    if (meanwhile && !replaces(given, meanwhile)) return verdictOf(meanwhile, 'present');
    const record = meanwhile ?? pool.add(key, settings, 'runtime', by);
    if (meanwhile) pool.replaceKey(meanwhile, key, by);
    pool.leaseForProbe(record).settleChecked(result);
    const verdict = verdictOf(record, meanwhile ? 'replaced' : 'added');
    return { ...verdict, outcome: result.outcome, reason: result.reason };
  }

  #distinct(provider: string, keys: readonly (string | KeyInput)[]): Promise<GivenKey[]> {
    return distinctKeys(keys, this.options.providers.get(provider)?.allowHttp === true);
  }

  /** @throws UnknownProviderError */
  #poolOf(provider: string): KeyPool {
    this.registry.assertKnown(provider, this.pools);
    return this.pools.ensurePool(provider);
  }
}

/** @throws KeyIdConflictError before any key is added */
function refuseConflicts(pool: KeyPool, given: readonly GivenKey[], isConfiguration: boolean): void {
  const problems = given.flatMap((each) => {
    const conflict = conflictOf(pool, each, isConfiguration);
    return conflict === undefined ? [] : [`keys: the id "${each.key.id}" ${conflict}.`];
  });
  if (problems.length > 0) throw new KeyIdConflictError(problems);
}

function verdictOf(record: KeyRecord, verdict: KeyVerdict['verdict']): KeyVerdict {
  const { id: keyId, status, outcome = 'ok', reason } = record;
  return { keyId, maskedKey: record.key.masked, verdict, status, outcome, reason };
}

/** The verdicts in the specification's words. */
export function addedKeys(provider: string, verdicts: readonly KeyVerdict[]): AddKeysResult {
  const refused = verdicts.filter(
    ({ verdict, status }) => verdict === 'refused' || status === 'invalid_key' || status === 'quota_exceeded',
  );
  return {
    provider,
    totalKeys: verdicts.length,
    healthyKeysAdded: verdicts.filter(({ verdict, status }) => verdict !== 'present' && status === 'healthy').length,
    rejected: refused.map(({ maskedKey, outcome, reason }) => ({ maskedKey, outcome, reason: reason ?? outcome })),
  };
}
