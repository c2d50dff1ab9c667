import { Inject, Injectable } from '@nestjs/common';
import type { ResolvedOptions } from '../configuration/resolved-options';
import { StoreUnavailableError, UnknownKeyError } from '../errors';
import { HealthCheckService } from '../health/health-check.service';
import { KeyIntakeService, addedKeys, type KeyVerdict } from '../health/key-intake.service';
import { unpricedBudgetNotice } from '../health/unpriced-budgets';
import { RESOLVED_OPTIONS } from '../key-management.constants';
import { modelUsageOf } from '../analytics/usage-breakdown';
import { membersOf } from '../pool/key/account';
import { KEY_ID } from '../pool/key/api-key';
import type { KeyUpdate } from '../pool/key/key-input';
import { firstById } from '../pool/key-page';
import { KeyPoolService } from '../pool/key-pool.service';
import type { KeySnapshot } from '../pool/key/key-snapshot';
import { PersistenceService } from '../store/persistence.service';
import { limitsLeft } from '../pool/limits-left';
import { HealthCheckerRegistry } from '../checkers/health-checker.registry';
import { ApiProblem, invalidRequest, notKept } from './api-problem';
import { cursorOf, positionOf } from './input/cursor';
import { keyFilter } from './key-filter';
import { budgetView, keyView, limitLeftView, verdictView } from './key-views';
import { keyInputs, limitsOf, budgetOf } from './key-inputs';
import type { AddedKeysView, CheckedKeyView, KeyDetailsView, KeyView, KeyPage } from './schemas/answers';
import type { ListKeys, NewKey, UpdateKey } from './schemas/requests';

/** What the HTTP API does with keys, in the words of the wire. */
@Injectable()
export class KeyAdminService {
  constructor(
    private readonly pools: KeyPoolService,
    private readonly registry: HealthCheckerRegistry,
    private readonly intake: KeyIntakeService,
    private readonly checks: HealthCheckService,
    private readonly persistence: PersistenceService,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** In the order of ids, so that pages stay right while keys come and go. @throws UnknownProviderError */
  page(provider: string, { limit, cursor, ...filters }: ListKeys): KeyPage {
    this.registry.assertKnown(provider, this.pools);
    const pool = this.pools.pool(provider);
    // Keys whose cooldown is over are healthy from here on.
    pool?.wake();
    const found = firstById(pool?.records() ?? [], limit + 1, positionOf(cursor, KEY_ID), keyFilter(filters));
    const keys = found.slice(0, limit);
    return {
      provider,
      total_keys: pool?.size ?? 0,
      keys: keys.map((record) => this.#view(pool!.snapshot(record))),
      next_cursor: found.length > limit ? cursorOf(keys.at(-1)!.id) : null,
    };
  }

  one(provider: string, id: string): KeyView {
    return this.#view(this.#find(provider, id));
  }

  /** With what is left of its limits and what its calls used, by model. */
  details(provider: string, id: string): KeyDetailsView {
    const key = this.one(provider, id);
    const pool = this.pools.pool(provider)!;
    const record = pool.record(id)!;
    return {
      ...key,
      account_keys: membersOf(record).length,
      limits_left: limitsLeft(record, (ordinal) => pool.modelOf(ordinal), pool.now).map(limitLeftView),
      usage_by_model: modelUsageOf(record),
      own_budgets: record.budgets.map(budgetView),
    };
  }

  /** @throws ApiProblem 503 with the verdicts, when the store does not take the keys in time */
  async add(provider: string, keys: readonly NewKey[]): Promise<AddedKeysView> {
    this.registry.assertKnown(provider, this.pools);
    const verdicts = await this.intake.addUnsaved(
      provider,
      keyInputs(keys, this.options.providers.get(provider)?.allowHttp === true),
    );
    try {
      await this.intake.saved(provider, verdicts);
    } catch (error) {
      if (error instanceof StoreUnavailableError)
        throw notKept(error, Object.fromEntries(Object.entries(this.#added(provider, verdicts))));
      throw error;
    }
    return this.#added(provider, verdicts);
  }

  /** Where one of the keys has a budget in US dollars, and no price is known. */
  #unpriced(provider: string, verdicts: readonly KeyVerdict[]): string | undefined {
    const pool = this.pools.pool(provider);
    const vendor = pool?.accounts.meters.unpricedVendor;
    const isCounted = verdicts.some(({ keyId }) => pool?.record(keyId)?.budgets.some(({ usd }) => usd !== undefined));
    return vendor !== undefined && isCounted ? unpricedBudgetNotice(vendor) : undefined;
  }

  #added(provider: string, verdicts: readonly KeyVerdict[]): AddedKeysView {
    const { totalKeys, healthyKeysAdded, rejected } = addedKeys(provider, verdicts);
    const lost = !this.persistence.keepsAddedKeys && verdicts.some(({ verdict }) => verdict === 'added');
    return {
      provider,
      total_keys: totalKeys,
      healthy_keys_added: healthyKeysAdded,
      keys: verdicts.map((verdict) => {
        const key = this.pools.get(provider, verdict.keyId);
        return verdictView(verdict, key ? this.persistence.keptAs(key) : null);
      }),
      rejected: rejected.map(({ maskedKey, outcome, reason }) => ({ masked_key: maskedKey, outcome, reason })),
      notice:
        [lost && noticeFor(this.options.store.kind), this.#unpriced(provider, verdicts)].filter(Boolean).join(' ') ||
        null,
    };
  }

  async update(provider: string, id: string, changed: UpdateKey): Promise<KeyView> {
    const { label, weight, tier, limits, budgets, expires_at: expiresAt, enabled } = changed;
    this.#find(provider, id);
    const changes: KeyUpdate = {
      ...(label !== undefined && { label: label ?? '' }),
      ...(weight !== undefined && { weight }),
      ...(tier !== undefined && { tier }),
      ...(limits !== undefined && { limits: limitsOf(limits) }),
      ...(budgets !== undefined && { budgets: (budgets ?? []).map(budgetOf) }),
      ...(expiresAt !== undefined && { expiresAt: expiresAt === null ? null : new Date(expiresAt) }),
    };
    const names = Object.keys(changes);
    if (names.length === 0 && enabled === undefined) {
      throw invalidRequest([
        { field: 'body', problem: 'must have label, weight, tier, limits, budgets, expires_at or enabled' },
      ]);
    }
    // Both at once: with the store away each would wait for its own time.
    await Promise.all([
      names.length > 0 && this.pools.update(provider, id, changes),
      enabled !== undefined && (enabled ? this.pools.enable(provider, id) : this.pools.disable(provider, id)),
    ]);
    return this.one(provider, id);
  }

  async delete(provider: string, id: string): Promise<void> {
    this.#find(provider, id);
    await this.pools.remove(provider, id);
  }

  /** @throws ApiProblem 409 while the key is being checked already */
  async check(provider: string, id: string): Promise<CheckedKeyView> {
    this.#find(provider, id);
    const pool = this.pools.pool(provider)!;
    const result = await this.checks.check(pool, pool.record(id)!);
    if (!result) throw new ApiProblem(409, 'The key is being checked right now. Ask again in a moment.');
    return { outcome: result.outcome, reason: result.reason ?? null, key: this.one(provider, id) };
  }

  #view(key: KeySnapshot): KeyView {
    return keyView(key, this.persistence.keptAs(key));
  }

  #find(provider: string, id: string): KeySnapshot {
    this.registry.assertKnown(provider, this.pools);
    const key = this.pools.get(provider, id);
    if (!key) throw new UnknownKeyError(provider, id);
    return key;
  }
}

const noticeFor = (kind: ResolvedOptions['store']['kind']): string =>
  kind === 'memory'
    ? 'The store is "memory": the added keys are gone after a restart. Choose another KEY_STORE to keep them.'
    : 'The added keys live in memory only and are gone after a restart. Set KEY_ENCRYPTION_SECRET to keep them, encrypted.';
