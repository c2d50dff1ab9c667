import { RetryExecutorService, type KeySnapshot } from '../../../src/key-management';
import type { Calls } from './calls';
import type { Findings } from './findings';
import { until } from './until';
import type { StagedApp } from './stage';
import { longestStallMs } from './watch';

/**
 * How late an end by a time limit may be, besides the longest stall of the process; milliseconds. The process also runs the vendor and
 * shares its machine. A call that does not end at all is far later.
 */
export const lateMs = (): number => 3_000 + 2 * longestStallMs();

/** No call outlives its limit. */
export function endsInTime(findings: Findings, calls: Calls, limitMs: number): void {
  findings.atMost(`slowest call, ms (limit ${Math.round(limitMs)})`, calls.slowestMs, limitMs * 1.02 + lateMs());
}

/** Every call was answered. */
export function allGood(findings: Findings, calls: Calls): void {
  findings.figure('calls answered', `${calls.good} of ${calls.ended.length}`);
  findings.equal('failed calls', calls.failureCounts, {});
}

/**
 * Every key is in the pool, with no error counted against it, because no failure was a key's fault. A key that by chance failed far more
 * often than its siblings may be ejected as an outlier for a while; that is a guess, and ends by itself.
 */
export function noKeyBlamed(findings: Findings, { pool }: StagedApp): void {
  const isBlamed = ({ status, reason, errorCount }: KeySnapshot): boolean =>
    errorCount > 0 || (status !== 'healthy' && !(status === 'cooling_down' && reason?.startsWith('outlier:')));
  const blamed = pool.list('openai').filter(isBlamed);
  findings.figure('keys blamed', blamed.length);
  const what = blamed.map((key) => `${key.maskedKey} ${key.status}, ${key.errorCount} errors (${key.reason})`);
  findings.promise(blamed.length === 0, `blamed: ${what.join('; ')}`);
}

/** Soon after the last call no lease is out and no call is under way. */
export async function nothingInFlight(findings: Findings, { app, pool }: StagedApp): Promise<void> {
  const left = (): number =>
    app.get(RetryExecutorService).inFlight + pool.list().reduce((sum, { inFlight }) => sum + inFlight, 0);
  await until(() => left() === 0, 30_000);
  findings.promise(left() === 0, `${left()} calls or leases are still in flight`);
}

/** A time limit that a good attempt meets even on a busy machine; at least the given milliseconds. */
export async function attemptLimit(app: StagedApp, leastMs: number): Promise<number> {
  const trial = app.calls({});
  await trial.make(60, 10);
  return Math.max(leastMs, 5 * trial.slowestMs);
}
