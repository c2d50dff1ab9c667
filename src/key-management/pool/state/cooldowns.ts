import type { CooldownScope } from './cooldown';
import type { Cooldown, FailureStreak } from '../key/key-state';
import type { EndpointCooldowns } from './endpoint-cooldowns';
import type { KeyRecord } from '../key/key-record';
import type { ModelIndexes } from '../selection/model-indexes';
import type { KeyModelState } from '../key/key-model-state';

/** The cooldowns of keys for single models, which lie in the lanes, and for single endpoints, which lie beside them. */
export class Cooldowns {
  constructor(
    private readonly lanes: ModelIndexes,
    private readonly endpoints: EndpointCooldowns,
  ) {}

  get(record: KeyRecord, { model, endpoint }: CooldownScope): Cooldown | undefined {
    return model === undefined ? this.endpoints.get(record.id, endpoint) : this.#slot(record, model)?.cooldown;
  }

  strikes(record: KeyRecord, { model, endpoint }: CooldownScope): FailureStreak | undefined {
    return model === undefined ? this.endpoints.strikes(record.id, endpoint) : this.#slot(record, model)?.strikes;
  }

  set(
    record: KeyRecord,
    { model, endpoint }: CooldownScope,
    cooldown: Cooldown,
    now: number,
    strikes?: FailureStreak,
  ): void {
    if (model === undefined) {
      this.endpoints.set(record.id, endpoint, cooldown, strikes ?? this.endpoints.strikes(record.id, endpoint));
      return;
    }
    const slot = record.slots[this.lanes.restricted(model, now).index]!;
    slot.strikes = strikes ?? slot.strikes;
    if (cooldown.until > slot.cooldownUntil) slot.trial = 'wanted';
    slot.cooldown = cooldown;
    slot.cooldownUntil = cooldown.until;
  }

  /** False where there was none. */
  replace(record: KeyRecord, scope: CooldownScope, left: Cooldown | undefined): boolean {
    if (!this.get(record, scope)) return false;
    if (scope.model === undefined) {
      if (left) this.endpoints.set(record.id, scope.endpoint, left);
      else this.endpoints.delete(record.id, scope.endpoint);
      return true;
    }
    const slot = this.#slot(record, scope.model)!;
    slot.cooldown = left;
    slot.cooldownUntil = left?.until ?? 0;
    slot.strikes = undefined;
    return true;
  }

  /** Those of one key that are not over. */
  *ofKey(record: KeyRecord, now: number): Iterable<{ scope: CooldownScope; cooldown: Cooldown }> {
    for (const [lane, { cooldown }] of record.slots.entries()) {
      const model = this.lanes.modelOf(lane);
      if (model !== undefined && cooldown && cooldown.until > now) yield { scope: { model }, cooldown };
    }
    for (const [endpoint, cooldown] of this.endpoints.ofKey(record.id))
      if (cooldown.until > now) yield { scope: { endpoint }, cooldown };
  }

  #slot(record: KeyRecord, model: string): KeyModelState | undefined {
    const lane = this.lanes.find(model);
    return lane && record.slots[lane.index];
  }
}
