import { OUTCOMES, type Outcome } from '../vendors/contract/outcome';
import type { KeyRecord } from './key/key-record';
import type { CallBatch, CallEnd, CallObserver } from './pool-observer';
import type { Source } from './state/settlement';

/** Entries of each kind before those who read are told without being asked: some of the processor's nearest cache. */
const CAPACITY = 256;

/** Every way for a call to end. The outcomes have the same places as in `OUTCOMES`. */
export const CALL_ENDS = [...OUTCOMES, 'no_key'] as const satisfies readonly CallEnd[];

const PLACE = Object.fromEntries(CALL_ENDS.map((end, place) => [end, place])) as Record<CallEnd, number>;

/**
 * What calls of one provider came to, until those behind the pool are told. In batches, and in columns: telling each of them of each
 * call costs a call several times what the counting does.
 */
export class CallBatcher {
  private observers: readonly CallObserver[] = [];
  private readonly batch = {
    settled: 0,
    records: [] as (KeyRecord | undefined)[],
    outcomes: new Uint8Array(CAPACITY),
    probes: new Uint8Array(CAPACITY),
    durationsMs: new Float64Array(CAPACITY),
    ended: 0,
    successes: new Uint8Array(CAPACITY),
    attempts: new Uint32Array(CAPACITY),
    totalTimesMs: new Float64Array(CAPACITY),
    models: [] as (string | undefined)[],
    ends: new Uint8Array(CAPACITY),
  } satisfies CallBatch;

  /** @param begun Told of the first entry since all were told. */
  constructor(private readonly begun: () => void) {}

  /** A lease was settled. On the hot path. */
  settled(record: KeyRecord, outcome: Outcome, durationMs: number, source: Source): void {
    const { batch } = this;
    const at = batch.settled;
    batch.records[at] = record;
    batch.outcomes[at] = PLACE[outcome];
    batch.probes[at] = source === 'probe' ? 1 : 0;
    batch.durationsMs[at] = durationMs;
    batch.settled = at + 1;
    if (at === 0) this.begun();
    else if (at === CAPACITY - 1) this.flush();
  }

  /** A managed call ended. On the hot path. */
  ended(success: boolean, attempts: number, totalTimeMs: number, model?: string, end: CallEnd = 'unknown'): void {
    const { batch } = this;
    const at = batch.ended;
    batch.successes[at] = success ? 1 : 0;
    batch.attempts[at] = attempts;
    batch.totalTimesMs[at] = totalTimeMs;
    batch.models[at] = model;
    batch.ends[at] = success ? PLACE.ok : PLACE[end];
    batch.ended = at + 1;
    if (at === 0) this.begun();
    else if (at === CAPACITY - 1) this.flush();
  }

  /** From now on these are told of all that comes. */
  observe(observers: readonly CallObserver[]): void {
    this.flush();
    this.observers = observers;
  }

  /** Tells all that was not told yet. */
  flush(): void {
    const { batch } = this;
    if (batch.settled + batch.ended === 0) return;
    for (const observer of this.observers) observer.onCallBatch(batch);
    batch.records.fill(undefined, 0, batch.settled);
    batch.settled = batch.ended = 0;
  }
}
