import { OUTCOMES, type Outcome } from '../vendors/contract/outcome';
import type { Usage } from '../usage/usage';
import type { KeyRecord } from './key/key-record';
import { addToCounts, KeyUsage, USAGE_COUNTS } from './key/key-usage';
import type { Source } from './state/settlement';

/** Entries of each kind that are collected before a batch is delivered unasked: so many fit into the processor's nearest cache. */
const CAPACITY = 256;

/** What a managed call ended with: the outcome of its last attempt, or that it found no key. */
export type CallEnd = Outcome | 'no_key';

/** Every way for a call to end. The outcomes have the same places as in `OUTCOMES`. */
export const CALL_ENDS = [...OUTCOMES, 'no_key'] as const satisfies readonly CallEnd[];

const PLACE = Object.fromEntries(CALL_ENDS.map((end, place) => [end, place])) as Record<CallEnd, number>;

/** What a call used that was counted as one which states nothing. */
export interface LateUsage {
  readonly record: KeyRecord;
  readonly model: string | undefined;
  readonly usage: Usage;
}

const newBatch = () => ({
  /** The number of settled leases, which fill the next four columns. */
  settled: 0,
  /** Emptied once the batch is delivered, so that it holds no deleted key. */
  records: [] as (KeyRecord | undefined)[],
  /** Places in `OUTCOMES`. */
  outcomes: new Uint8Array(CAPACITY),
  /** 1 for a health check, 0 for an attempt of a call. */
  probes: new Uint8Array(CAPACITY),
  durationsMs: new Float64Array(CAPACITY),
  /** 1 where the vendor has answered, or the answer states what it used: the call may have used something. */
  billed: new Uint8Array(CAPACITY),
  /** The model of the attempt, and what it used; undefined where the call named none, or its answer stated nothing. Emptied as `records`. */
  leaseModels: [] as (string | undefined)[],
  usages: [] as (Usage | undefined)[],
  /** What calls of earlier batches used, which their callers have told since. */
  late: [] as LateUsage[],
  /** What all calls of the batch used, in the order of `USAGE_COUNTS`. Filled when it is delivered. A plain list as those of the keys, into which the same code adds. */
  used: new Array<number>(USAGE_COUNTS.length).fill(0),
  /** When it is delivered, milliseconds since the epoch: its followers need not look at the clock. */
  deliveredAt: 0,
  /** The number of managed calls that ended, which fill the columns below. */
  ended: 0,
  /** 1 for a success, 0 for a failure. */
  successes: new Uint8Array(CAPACITY),
  /** Attempts made in the call. */
  attempts: new Uint32Array(CAPACITY),
  totalTimesMs: new Float64Array(CAPACITY),
  /** The model that the call named; undefined where it named none. */
  models: [] as (string | undefined)[],
  /** Places in `CALL_ENDS`. */
  ends: new Uint8Array(CAPACITY),
});

/** Settled leases and ended calls, in the order in which they came: one column for each fact. Only valid while it is being delivered. */
export type CallBatch = Readonly<ReturnType<typeof newBatch>>;

/** What an answered call used, of which model. A lease is one. */
export interface UsedByCall {
  readonly model: string | undefined;
  readonly answeringModel: string | undefined;
  readonly usage: Usage | undefined;
}

/** Counts in the keys, and in all, what the calls used. */
function countUsage({ settled, billed, records, leaseModels, usages, late, used }: CallBatch): void {
  used.fill(0);
  for (const { record, model, usage } of late) {
    (record.usage ??= new KeyUsage()).countLate(model, usage);
    addToCounts(used, 0, usage);
  }
  for (let at = 0; at < settled; at += 1) {
    if (billed[at] !== 1) continue;
    (records[at]!.usage ??= new KeyUsage()).count(leaseModels[at], usages[at]);
    addToCounts(used, 1, usages[at]);
  }
}

/** Adds what the calls of a batch used to a row of counts. */
export function addUsageOf({ used }: CallBatch, counts: Float64Array): void {
  for (let column = 0; column < used.length; column += 1) counts[column]! += used[column]!;
}

/** A follower of every call of one provider. */
export interface CallObserver {
  /** Called at the latest when somebody asks for figures, or within the second. Must not throw. */
  onCallBatch(batch: CallBatch): void;
}

/**
 * Collects the calls of one provider and delivers them to the observers behind the pool, in batches and in columns: a method call to each
 * observer for each call would take several times as long as the counting does.
 */
export class CallBatcher {
  #observers: readonly CallObserver[] = [];
  readonly #batch = newBatch();
  /**
   * Managed calls that belong to an account, by whether it served their last attempt; and how many times an account was asked for an object
   * that it does not have, since nobody knew whose it is.
   */
  readonly byAffinity = { kept: 0, moved: 0, asked: 0 };

  /** @param onFirstEntry Called for the first entry of each batch. */
  constructor(
    private readonly onFirstEntry: () => void,
    private readonly now: () => number,
  ) {}

  /** Adds a settled lease. On the hot path. */
  settled(record: KeyRecord, outcome: Outcome, durationMs: number, source: Source, used?: UsedByCall): void {
    const batch = this.#batch;
    const at = batch.settled;
    batch.billed[at] = used === undefined ? 0 : 1;
    batch.leaseModels[at] = used === undefined ? undefined : (used.model ?? used.answeringModel);
    batch.usages[at] = used?.usage;
    batch.records[at] = record;
    batch.outcomes[at] = PLACE[outcome];
    batch.probes[at] = source === 'probe' ? 1 : 0;
    batch.durationsMs[at] = durationMs;
    batch.settled = at + 1;
    this.#added(at);
  }

  /** Adds a managed call that ended. On the hot path. */
  ended(success: boolean, attempts: number, totalTimeMs: number, model?: string, end: CallEnd = 'unknown'): void {
    const batch = this.#batch;
    const at = batch.ended;
    batch.successes[at] = success ? 1 : 0;
    batch.attempts[at] = attempts;
    batch.totalTimesMs[at] = totalTimeMs;
    batch.models[at] = model;
    batch.ends[at] = success ? PLACE.ok : PLACE[end];
    batch.ended = at + 1;
    this.#added(at);
  }

  /** Adds what a call used that was counted before. */
  usedLate(late: LateUsage): void {
    this.#batch.late.push(late);
    this.onFirstEntry();
  }

  /** Delivers what is collected to the present observers, and everything that comes later to these. */
  observe(observers: readonly CallObserver[]): void {
    this.flush();
    this.#observers = observers;
  }

  /** Delivers all that is collected. */
  flush(): void {
    const batch = this.#batch;
    if (batch.settled + batch.ended + batch.late.length === 0) return;
    countUsage(batch);
    batch.deliveredAt = this.now();
    for (const observer of this.#observers) observer.onCallBatch(batch);
    batch.records.fill(undefined, 0, batch.settled);
    batch.usages.fill(undefined, 0, batch.settled);
    batch.settled = batch.ended = batch.late.length = 0;
  }

  #added(at: number): void {
    if (at === 0) this.onFirstEntry();
    else if (at === CAPACITY - 1) this.flush();
  }
}
