import type { RedactedText } from '../../classification/redaction/redact';
import type { ApiKey } from './api-key';
import type { HardLimits, KeyLimits } from '../limits/hard-limits';
import type { KeyInput, KeyOrigin } from './key-input';
import { UNCHECKED, isCoolingDown, isRemoved, type KeyState, type KeyStatus, type FailureStreak } from './key-state';
import { Rating, RatingTable } from './rating';
import type { KeyModelState } from './key-model-state';
import type { OnTrial, Trial } from './trial';
import type { Outcome } from '../../vendors/contract/outcome';

/** Of most keys nothing is said: they share these. */
const NO_LIMITS: KeyLimits = Object.freeze({});
const NO_SLOTS: KeyModelState[] = [];
const NOTHING_SAID = '{}';

const saidOf = (input: Omit<KeyInput, 'key'>): string => {
  const said = JSON.stringify(input);
  return said === NOTHING_SAID ? NOTHING_SAID : said;
};

/** All that the pool knows of one key. Written by its pool alone. */
export class KeyRecord extends Rating implements OnTrial {
  // What every call touches stands first, together, for the sake of the processor's cache.
  state: KeyState = UNCHECKED;
  strikes: FailureStreak | undefined = undefined;
  trial: Trial = 'none';
  trialSince = 0;
  /** What transient failures say of it; undefined while it had none lately. */
  suspicion: Suspicion | undefined = undefined;
  /** It has left its pool: what is settled yet is counted, and changes nothing. */
  deleted = false;
  /** Limits the user stated; shared by the keys of a quota group. */
  hardLimits: HardLimits | undefined = undefined;
  successCount = 0;
  errorCount = 0;
  enabled = true;
  /** The lists of used keys that it is on, a bit each. */
  noted = 0;
  /** Of these counts, what the store has had. Written by who keeps them there: a table of its own would cost five times as much. */
  persistedSuccessCount = 0;
  keptErrors = 0;
  /** One per lane: the key's place among those eligible for a model. The first is for calls that name no model. */
  slots: KeyModelState[] = NO_SLOTS;

  label: string | undefined;
  quotaGroup: string | undefined;
  models: ReadonlySet<string> | undefined;
  limits: KeyLimits;
  /** What the configuration says of the key, as text; undefined for keys added at run time. */
  readonly configured: string | undefined;
  /** Why the state is what it is: one line, and the outcome that led to it. */
  reason: RedactedText | undefined = undefined;
  outcome: Outcome | undefined = undefined;
  /** Milliseconds since the epoch, as all times here. */
  addedAt = 0;
  lastCheckedAt = 0;
  /** A health check of this key is under way. */
  probing = false;

  constructor(
    readonly provider: string,
    readonly key: ApiKey,
    input: Omit<KeyInput, 'key'>,
    readonly origin: KeyOrigin,
    ratings = new RatingTable(1),
  ) {
    super(ratings);
    this.label = input.label;
    this.weight = input.weight ?? 1;
    this.quotaGroup = input.quotaGroup;
    this.models = input.models && input.models.length > 0 ? new Set(input.models) : undefined;
    this.limits = input.limits && Object.keys(input.limits).length > 0 ? { ...input.limits } : NO_LIMITS;
    this.configured = origin === 'configuration' ? saidOf(input) : undefined;
  }

  /** Out of the pool, for ever. */
  leave(): void {
    this.deleted = true;
    this.leaveTable();
  }

  get id(): string {
    return this.key.id;
  }

  get status(): KeyStatus {
    return this.enabled ? this.state.status : 'disabled';
  }

  /** Enabled, and to be checked before it is chosen. */
  get isUnchecked(): boolean {
    return this.enabled && this.state.status === 'unchecked';
  }

  /** From when on the key may be chosen: 0 at once, Infinity not before its state changes. */
  get availableFrom(): number {
    if (!this.enabled || this.state.status === 'unchecked' || isRemoved(this.state)) return Infinity;
    return isCoolingDown(this.state) ? this.state.until : 0;
  }

  serves(model: string | undefined): boolean {
    return model === undefined || this.models === undefined || this.models.has(model);
  }
}

/** What is held against a key of which calls failed lately for a reason that is not its own: plain counts since the first of them. */
export interface Suspicion {
  /** Times are milliseconds since the epoch. */
  since: number;
  failed: number;
  good: number;
  /** Its latest call failed. */
  isFailing: boolean;
  /** The pool's counts when this began. */
  poolFailed: number;
  poolGood: number;
  /** How often it was ejected, the latest time from when to when. */
  ejections: number;
  ejectedAt: number;
  ejectedUntil: number;
}

/** Ids of keys to pass over. */
export type PassedOver = Pick<ReadonlySet<string>, 'has'>;
