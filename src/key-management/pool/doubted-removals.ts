import { KEYS_IN_DOUBT, DOUBTED_COOLDOWN_MS, evidenceOf, RemovalDoubt } from './state/removal-doubt';
import type { PoolObserver } from './key-events';
import type { KeyRecord } from './key/key-record';
import { isCoolingDown, isRemoved, type FailureStreak, type KeyState } from './key/key-state';
import type { KeyStates } from './key-states';
import type { Settlement } from './state/settlement';
import { keyCooldown, laterCooldown } from './state/transition';

/** A removal that only the status table asked for, and what it is taken back to. */
interface TableRemoval {
  readonly record: KeyRecord;
  readonly settlement: Settlement;
  readonly before: KeyState;
  readonly failureStreak: FailureStreak | undefined;
  /** The state that the removal made. A key that has another one by now was judged anew, by a probe or by a person. */
  readonly after: KeyState;
}

/**
 * The removals in one pool that only the status table asks for: believes them or does not, and takes them back when they come into doubt. Then the
 * keys cool down, and probes decide.
 */
export class DoubtedRemovals {
  readonly #doubt = new RemovalDoubt<TableRemoval>();

  constructor(
    private readonly states: KeyStates,
    private readonly observer: Pick<PoolObserver, 'removalsDoubted' | 'probeWanted'>,
  ) {}

  /** Whether a call's removal is believed. Where it is not, the settlement that is returned cools the key down instead. */
  weighed(record: KeyRecord, settlement: Settlement, now: number): Settlement {
    const evidence = evidenceOf(settlement);
    const belief = this.#doubt.condemned(evidence, record.id, now);
    if (belief === 'begins') this.#begins(evidence, settlement, now);
    // Late answers to calls with a key that is being probed already say nothing new.
    const isInDoubt = record.state.status === 'cooling_down' && record.outcome === settlement.outcome;
    if (belief === 'believed' && settlement.doubted !== true && !isInDoubt) return settlement;
    return { ...settlement, keyAction: 'cool_down', doubted: true };
  }

  /** Remembers a removal that was believed, in case that it comes into doubt. */
  removed(removal: TableRemoval): void {
    this.#doubt.removed(evidenceOf(removal.settlement), removal.record.id, removal);
  }

  /** Takes back what lately removed the key. */
  takeBack(record: KeyRecord, now: number): void {
    for (const removal of this.#doubt.takeBack(record.id, now)) this.#takeBack(removal, now);
  }

  /** Cools a key down whose removal is not believed, and has it probed. */
  coolDown(record: KeyRecord, settlement: Settlement, now: number): void {
    this.takeBack(record, now);
    this.#coolDown({ record, before: record.state, settlement }, now);
  }

  #begins(evidence: string, settlement: Settlement, now: number): void {
    const { outcome } = settlement;
    const event = { type: 'removals_doubted', outcome, reason: doubtReason(settlement), by: 'call' } as const;
    this.observer.removalsDoubted?.({ ...event, provider: this.states.provider, at: new Date(now) });
    for (const removal of this.#doubt.takeAllBack(evidence, now)) this.#takeBack(removal, now);
  }

  #takeBack(removal: TableRemoval, now: number): void {
    const { record, failureStreak, after } = removal;
    if (record.deleted || record.state !== after) return;
    record.failureStreak = failureStreak;
    this.#coolDown(removal, now);
  }

  #coolDown({ record, before, settlement }: Omit<TableRemoval, 'failureStreak' | 'after'>, now: number): void {
    if (isRemoved(before)) return;
    const asked = { ...settlement, cooldownMs: DOUBTED_COOLDOWN_MS, cooldownMaxMs: DOUBTED_COOLDOWN_MS };
    const cooldown = keyCooldown(asked, { outcome: settlement.outcome, count: 1, lastAt: now }, now);
    this.states.setState(
      record,
      laterCooldown(isCoolingDown(before) ? before : undefined, cooldown),
      'call',
      settlement,
    );
    if (record.enabled) this.observer.probeWanted?.(record);
  }
}

function doubtReason({ outcome, status, reason }: Settlement): string {
  const words = new Set([status === undefined ? outcome : `HTTP ${status}`, reason]);
  const answer = Array.from(words).filter(Boolean).join(': ');
  return `${KEYS_IN_DOUBT} keys met the same answer within a minute, and no rule knows it (${answer}): no key is removed for it, probes decide.`;
}
