import { RetryExecutorService, type KeySnapshot } from '../../../src/key-management';
import type { Calls } from './calls';
import type { Findings } from './findings';
import { until } from './until';
import type { StagedApp } from './stage';
import { longestStallMs } from './watch';

/**
 * What ends by a limit may be this late, and by what the process was held up; milliseconds. It runs the vendor as well, and shares the
 * machine: what does not end at all is far later.
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
 * Every key is in the pool, with no error counted against it: what failed was none's fault. One that chance let fail far more often than its
 * siblings may be ejected for a while as an outlier; that is a guess, which ends by itself.
 */
export function noKeyBlamed(findings: Findings, { pool }: StagedApp): void {
  const isBlamed = ({ status, reason, errorCount }: KeySnapshot): boolean =>
    errorCount > 0 || (status !== 'healthy' && !(status === 'cooling_down' && reason?.startsWith('outlier:')));
  const blamed = pool.list('openai').filter(isBlamed);
  findings.figure('keys blamed', blamed.length);
  const what = blamed.map((key) => `${key.maskedKey} ${key.status}, ${key.errorCount} errors (${key.reason})`);
  findings.promise(blamed.length === 0, `blamed: ${what.join('; ')}`);
}

/** No lease is out and no call under way, soon after the last has ended. */
export async function nothingInFlight(findings: Findings, { app, pool }: StagedApp): Promise<void> {
  const left = (): number =>
    app.get(RetryExecutorService).inFlight + pool.list().reduce((sum, { inFlight }) => sum + inFlight, 0);
  await until(() => left() === 0, 30_000);
  findings.promise(left() === 0, `${left()} calls or leases are still in flight`);
}

/** A limit for one attempt that a good one meets, however busy the machine: at least so many milliseconds. */
export async function attemptLimit(app: StagedApp, leastMs: number): Promise<number> {
  const trial = app.calls({});
  await trial.make(60, 10);
  return Math.max(leastMs, 5 * trial.slowestMs);
}
