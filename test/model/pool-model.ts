import type { Outcome } from '../../src/key-management/vendors/contract/outcome';
import type { KeySnapshot } from '../../src/key-management/pool/key/key-snapshot';
import {
  COUNTS_AGAINST,
  IS_TRANSIENT,
  LONGEST_EJECTION,
  SAYS_VENDOR_IS_DOWN,
  type Removed,
  type CoolingDown,
  type Span,
} from './rules';

export type ModelStatus = 'unchecked' | 'healthy' | CoolingDown | Removed;

/** One cooldown: the calls that begin after its end go one at a time, until one of them succeeds. */
interface ModelCooldown {
  span: Span;
  isTried: boolean;
}

/** One key from its addition to its deletion. */
export interface ModelKey {
  readonly n: number;
  readonly models: readonly string[] | undefined;
  readonly group: string | undefined;
  readonly concurrency: number;
  enabled: boolean;
  /** What the vendor said last; the same words mean several where the rules leave it open. */
  status: ModelStatus;
  possibleStatuses: readonly ModelStatus[];
  /** The whole key's cooldown. */
  cooldown: ModelCooldown | undefined;
  recheck: Span | undefined;
  readonly modelCooldowns: Map<string, ModelCooldown>;
  /** It, or one that shares its limits, was refused before: it is used with care. */
  isSlow: boolean;
  isDeleted: boolean;
  inFlight: number;
  successes: number;
  errors: number;
  /** Calls that failed for the vendor's or the network's reason. */
  transients: number;
  /** It may be an outlier until then: ejected, or back before the time where no other key can be had. */
  outlierUntil: number;
}

export interface ModelLease {
  readonly key: ModelKey;
  readonly model: string | undefined;
  readonly startedAt: number;
  /** A call of the executor's, which settles it, or one that is on its way to whoever waited for it. */
  isManaged: boolean;
}

export const isRemoved = ({ status }: ModelKey): boolean => status === 'invalid_key' || status === 'quota_exceeded';
export const isCoolingDown = ({ status }: ModelKey): boolean => status === 'rate_limited' || status === 'cooling_down';

/** A pool as plain values, and how they change. `settlements.ts` has what a settlement does. */
export class PoolModel {
  readonly keys = new Map<number, ModelKey>();
  readonly open: ModelLease[] = [];
  readonly outcomes = new Map<Outcome, number>();
  vendorFaults = 0;
  /** Of them those in which the vendor asked to be left alone for a while. */
  statedFaults = 0;
  removals = 0;

  add(n: number, { models, quotaGroup, limits }: ModelInput): void {
    const isSlow = [...this.keys.values()].some(
      ({ group, isSlow: slow }) => slow && group === quotaGroup && group !== undefined,
    );
    this.keys.set(n, {
      n,
      models,
      group: quotaGroup,
      concurrency: limits?.concurrency ?? Infinity,
      enabled: true,
      status: 'unchecked',
      possibleStatuses: ['unchecked'],
      cooldown: undefined,
      recheck: undefined,
      modelCooldowns: new Map(),
      isSlow,
      isDeleted: false,
      inFlight: 0,
      successes: 0,
      errors: 0,
      transients: 0,
      outlierUntil: 0,
    });
  }

  delete(n: number): void {
    this.keys.get(n)!.isDeleted = true;
    this.keys.delete(n);
  }

  /** Whatever kept it waiting is over. */
  enable(key: ModelKey, now: number): void {
    key.enabled = true;
    for (const cooldown of [key.cooldown, ...key.modelCooldowns.values()])
      if (cooldown && cooldown.span.most > now) {
        cooldown.span = { least: Math.min(cooldown.span.least, now), most: now };
        // Calls that were in flight meanwhile may have begun in the same millisecond: who goes first is open.
        cooldown.isTried = true;
      }
    if (!isCoolingDown(key)) return;
    key.status = 'healthy';
    key.possibleStatuses = ['healthy'];
  }

  siblings(key: ModelKey): ModelKey[] {
    return [...this.keys.values()].filter(
      (other) => other !== key && key.group !== undefined && other.group === key.group,
    );
  }

  /** The calls that the test itself settles. */
  get held(): ModelLease[] {
    return this.open.filter(({ isManaged }) => !isManaged);
  }

  leased(key: ModelKey, model: string | undefined, startedAt: number, isManaged = false): ModelLease {
    const lease = { key, model, startedAt, isManaged };
    key.inFlight += 1;
    this.open.push(lease);
    return lease;
  }

  /**
   * Books a call that ended.
   * @param isWithheld Whether its refusal is not counted yet, since another key may be refused alike.
   */
  settled(lease: ModelLease, outcome: Outcome, now: number, isWithheld = false): void {
    const { key, model, startedAt } = lease;
    this.open.splice(this.open.indexOf(lease), 1);
    key.inFlight -= 1;
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    if (outcome === 'ok') key.successes += 1;
    if (COUNTS_AGAINST.has(outcome) && !isWithheld) key.errors += 1;
    if (SAYS_VENDOR_IS_DOWN.has(outcome)) this.vendorFaults += 1;
    if (IS_TRANSIENT.has(outcome)) this.#compare(key, now);
    if (outcome !== 'ok') return;
    for (const cooldown of [key.cooldown, key.modelCooldowns.get(model ?? '')])
      if (cooldown && startedAt >= cooldown.span.least) cooldown.isTried = true;
  }

  /** Whether the key is an outlier, the rules leave open here: only that one failure or two are no reason, nor where no other key answers. */
  #compare(key: ModelKey, now: number): void {
    key.transients += 1;
    const othersAnswer = [...this.keys.values()].some((other) => other !== key && other.successes > 0);
    if (key.transients >= 3 && othersAnswer) key.outlierUntil = now + LONGEST_EJECTION;
  }

  /** How the key stands: what its vendor said, or `disabled` over it. */
  statusOf(key: ModelKey, now: number): ModelStatus | 'disabled' {
    if (!key.enabled) return 'disabled';
    return isCoolingDown(key) && key.cooldown!.span.least <= now ? 'healthy' : key.status;
  }

  /** Takes over what the pool shows where the rules leave it open: which of two states, and when exactly a time ends. */
  adopt(n: number, shown: KeySnapshot, now: number): void {
    const key = this.keys.get(n)!;
    const exactly = (span: Span, end: Date | undefined): Span => {
      const at = Math.max(span.least, end?.getTime() ?? 0);
      return end === undefined ? span : { least: at, most: at };
    };
    if (shown.status !== 'disabled' && key.possibleStatuses.includes(shown.status)) key.status = shown.status;
    if (key.cooldown && key.cooldown.span.least > now)
      key.cooldown.span = exactly(key.cooldown.span, shown.cooldownUntil);
    if (key.recheck) key.recheck = exactly(key.recheck, shown.recheckAt);
    for (const [model, cooldown] of key.modelCooldowns)
      cooldown.span = exactly(cooldown.span, shown.cooldowns.find((each) => each.model === model)?.until);
    if (isCoolingDown(key) && key.cooldown!.span.least <= now && key.enabled) {
      key.status = 'healthy';
      key.possibleStatuses = ['healthy'];
    }
  }
}

export interface ModelInput {
  readonly models?: string[];
  readonly quotaGroup?: string;
  readonly limits?: { concurrency?: number };
}
