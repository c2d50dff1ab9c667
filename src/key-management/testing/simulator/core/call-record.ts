import type { IncomingHttpHeaders } from 'node:http';
import type { Credential, JsonObject, Operation } from './call';

export interface CallRecord {
  readonly seq: number;
  /** By the simulator's clock. */
  readonly at: number;
  readonly vendor: string;
  /** Empty when the request carried none. */
  readonly key: string;
  readonly maskedKey: string;
  readonly credentials: readonly Credential[];
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** Undefined for a path the vendor does not have. */
  readonly operation: Operation | undefined;
  readonly model: string;
  readonly stream: boolean;
  readonly headers: IncomingHttpHeaders;
  readonly body: JsonObject | undefined;
  /** `ok`, the kind of the behaviour that decided, or `outage`, `unknown_key`, `missing_key`, `not_found`, `caller_fault`. */
  outcome: string;
  /** Undefined until the vendor answers; it never does after `hang` and `reset`. */
  status: number | undefined;
  /** The client left before the answer was complete. */
  aborted: boolean;
  /** What a flood sent so far, before encoding; bytes. */
  flooded?: number;
  /** The exchange is over, one way or another. */
  done: boolean;
}

export interface KeyCounters {
  total: number;
  /** Answered below 400, whatever became of the body. */
  ok: number;
  aborted: number;
  inFlight: number;
  peakInFlight: number;
  readonly byStatus: Record<number, number>;
  readonly byOutcome: Record<string, number>;
}

export const newCounters = (): KeyCounters => ({
  total: 0,
  ok: 0,
  aborted: 0,
  inFlight: 0,
  peakInFlight: 0,
  byStatus: {},
  byOutcome: {},
});
