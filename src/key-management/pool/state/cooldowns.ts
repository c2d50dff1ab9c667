import type { CooldownScope } from './cooldown';
import type { Cooldown, FailureStreak } from '../key/key-state';
import type { EndpointCooldowns } from './endpoint-cooldowns';
import type { KeyRecord } from '../key/key-record';
import type { ModelIndexes } from '../selection/model-indexes';
import type { KeyModelState } from '../key/key-model-state';

/** The cooldowns of keys for single models, which lie in the indexes, and for single endpoints, which lie beside them. */
export class Cooldowns {
  constructor(
    private readonly indexes: ModelIndexes,
    private readonly endpoints: EndpointCooldowns,
  ) {}

  get(record: KeyRecord, { model, endpoint }: CooldownScope): Cooldown | undefined {
    return model === undefined ? this.endpoints.get(record.id, endpoint) : this.#candidate(record, model)?.cooldown;
  }

  failureStreak(record: KeyRecord, { model, endpoint }: CooldownScope): FailureStreak | undefined {
    return model === undefined ? this.endpoints.failureStreak(record.id, endpoint) : this.#candidate(record, model)?.failureStreak;
  }

  set(
    record: KeyRecord,
    { model, endpoint }: CooldownScope,
    cooldown: Cooldown,
    now: number,
    failureStreak?: FailureStreak,
  ): void {
    if (model === undefined) {
      this.endpoints.set(record.id, endpoint, cooldown, failureStreak ?? this.endpoints.failureStreak(record.id, endpoint));
      return;
    }
    const candidate = record.candidates[this.indexes.restricted(model, now).ordinal]!;
    candidate.failureStreak = failureStreak ?? candidate.failureStreak;
    if (cooldown.until > candidate.cooldownUntil) candidate.trial = 'pending';
    candidate.cooldown = cooldown;
    candidate.cooldownUntil = cooldown.until;
  }

  /** False where there was none. */
  replace(record: KeyRecord, scope: CooldownScope, left: Cooldown | undefined): boolean {
    if (!this.get(record, scope)) return false;
    if (scope.model === undefined) {
      if (left) this.endpoints.set(record.id, scope.endpoint, left);
      else this.endpoints.delete(record.id, scope.endpoint);
      return true;
    }
    const candidate = this.#candidate(record, scope.model)!;
    candidate.cooldown = left;
    candidate.cooldownUntil = left?.until ?? 0;
    candidate.failureStreak = undefined;
    return true;
  }

  /** Those of one key that are not over. */
  *ofKey(record: KeyRecord, now: number): Iterable<{ scope: CooldownScope; cooldown: Cooldown }> {
    for (const [index, { cooldown }] of record.candidates.entries()) {
      const model = this.indexes.modelOf(index);
      if (model !== undefined && cooldown && cooldown.until > now) yield { scope: { model }, cooldown };
    }
    for (const [endpoint, cooldown] of this.endpoints.ofKey(record.id))
      if (cooldown.until > now) yield { scope: { endpoint }, cooldown };
  }

  #candidate(record: KeyRecord, model: string): KeyModelState | undefined {
    const index = this.indexes.find(model);
    return index && record.candidates[index.ordinal];
  }
}
