import { Inject, Injectable } from '@nestjs/common';
import { givenKey, type GivenKey } from '../configuration/given-key';
import { GIVEN_KEY, unencryptedFlaw } from '../configuration/options-schema';
import type { ResolvedOptions } from '../configuration/resolved-options';
import { RESOLVED_OPTIONS } from '../key-management.constants';
import { KeyManagementConfigurationError } from '../configuration/resolve-options';
import type { Outcome } from '../vendors/contract/outcome';
import type { ApiKey } from '../pool/key/api-key';
import type { ChangedBy } from '../pool/key-events';
import type { KeyInput, KeyOrigin, KeySettings } from '../pool/key/key-input';
import type { KeyPool } from '../pool/key-pool';
import { KeyPoolService } from '../pool/key-pool.service';
import type { KeyRecord } from '../pool/key/key-record';
import type { KeyStatus } from '../pool/key/key-state';
import { HealthCheckerRegistry } from '../checkers/health-checker.registry';
import { mapConcurrent, forEachInChunks } from '../common/event-loop';
import { HealthCheckService, PARALLEL_CHECKS } from './health-check.service';

/** The result for one key that was given. */
export interface KeyVerdict {
  keyId: string;
  maskedKey: string;
  /** `added` to the pool's keys with `status`; `present`: was there already, and nothing changed; `refused`: not kept. */
  verdict: 'added' | 'present' | 'refused';
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

  /** Registers every key, then checks the new ones. */
  async initialize(provider: string, keys: readonly (string | KeyInput)[]): Promise<AddKeysResult> {
    const pool = this.#poolOf(provider);
    const given = await this.#distinct(provider, keys);
    const known = new Set(given.filter(({ key }) => pool.record(key.id)).map(({ key }) => key.id));
    const records = await this.register(pool, given, 'configuration', 'configuration');
    const fresh = records.filter((record) => !known.has(record.id));
    await this.checks.checkAll(pool, fresh);
    const verdicts = records.map((record) => verdictOf(record, known.has(record.id) ? 'present' : 'added'));
    return addedKeys(provider, verdicts);
  }

  async addNew(provider: string, keys: readonly (string | KeyInput)[]): Promise<AddKeysResult> {
    return addedKeys(provider, await this.add(provider, keys));
  }

  /**
   * Checks each key before it is added; one that proves invalid is refused. One verdict per different key.
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
    return mapConcurrent(given, PARALLEL_CHECKS, ({ key, ...input }) => this.#addOne(pool, key, input, by));
  }

  /** Resolves when the keys are kept. @throws StoreUnavailableError */
  async saved(provider: string, verdicts: readonly KeyVerdict[]): Promise<void> {
    await Promise.all(verdicts.map(({ keyId }) => this.pools.saved(provider, keyId)));
  }

  /** Puts keys into the pool unchecked. */
  async register(pool: KeyPool, given: readonly GivenKey[], origin: KeyOrigin, by: ChangedBy): Promise<KeyRecord[]> {
    const records: KeyRecord[] = [];
    await forEachInChunks(given, ({ key, ...input }) => records.push(pool.add(key, input, origin, by)));
    return records;
  }

  async #addOne(pool: KeyPool, key: ApiKey, settings: KeySettings, by: ChangedBy): Promise<KeyVerdict> {
    const present = pool.record(key.id);
    if (present) return verdictOf(present, 'present');
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
    const meanwhile = pool.record(key.id);
    if (meanwhile) return verdictOf(meanwhile, 'present');
    const record = pool.add(key, settings, 'runtime', by);
    pool.leaseForProbe(record).settleChecked(result);
    return { ...verdictOf(record, 'added'), outcome: result.outcome, reason: result.reason };
  }

  #distinct(provider: string, keys: readonly (string | KeyInput)[]): Promise<GivenKey[]> {
    return distinct(keys, this.options.providers.get(provider)?.allowHttp === true);
  }

  /** @throws UnknownProviderError */
  #poolOf(provider: string): KeyPool {
    this.registry.assertKnown(provider, this.pools);
    return this.pools.ensurePool(provider);
  }
}

/** Trimmed, blanks left out, the same key once. @throws KeyManagementConfigurationError */
async function distinct(keys: readonly (string | KeyInput)[], allowHttp: boolean): Promise<GivenKey[]> {
  const problems: string[] = [];
  const byId = new Map<string, GivenKey>();
  await forEachInChunks([...keys].entries(), ([index, each]) => {
    const checked = GIVEN_KEY.safeParse(each);
    if (!checked.success) {
      problems.push(
        ...checked.error.issues.map(({ path, message }) => `keys.${[index, ...path].join('.')}: ${message}.`),
      );
      return;
    }
    const flaw = allowHttp ? undefined : unencryptedFlaw(checked.data);
    if (flaw !== undefined) problems.push(`keys.${index}.baseUrl: ${flaw}.`);
    const raw = checked.data.key.trim();
    if (raw === '') return;
    const given = givenKey({ ...checked.data, key: raw });
    if (!byId.has(given.key.id)) byId.set(given.key.id, given);
  });
  if (problems.length > 0) throw new KeyManagementConfigurationError(problems);
  return [...byId.values()];
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
    healthyKeysAdded: verdicts.filter(({ verdict, status }) => verdict === 'added' && status === 'healthy').length,
    rejected: refused.map(({ maskedKey, outcome, reason }) => ({ maskedKey, outcome, reason: reason ?? outcome })),
  };
}
