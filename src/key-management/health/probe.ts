import { vendorErrorFrom } from '../classification/error-evidence';
import { isOutcome } from '../classification/outcome';
import { redactText, shownReason } from '../classification/redact';
import type { Clock } from '../clock';
import type { ApiKey } from '../pool/api-key';
import type { BaseHealthChecker, HealthResult, ProbeDepth } from '../vendors/base-health-checker';

/** The longest that one probe may take, milliseconds. */
export const PROBE_TIMEOUT_MS = 15_000;

/** Asks a vendor about one key, within a time limit and until the controller aborts. Never rejects, whatever the checker does. */
export async function probe(
  checker: BaseHealthChecker,
  key: ApiKey,
  depth: ProbeDepth,
  clock: Clock,
  controller: AbortController,
): Promise<HealthResult> {
  const apiKey = key.reveal();
  const { signal } = controller;
  let timedOut = false;
  const cancelTimer = clock.after(PROBE_TIMEOUT_MS, () => {
    timedOut = true;
    controller.abort(new DOMException('The health check took too long.', 'TimeoutError'));
  });
  try {
    return checked(await Promise.race([checker.checkHealth(apiKey, { depth, signal }), aborted(signal)]), apiKey);
  } catch (error) {
    try {
      const callerAborted = signal.aborted && !timedOut;
      const context = { phase: 'probe', timedOut, callerAborted, now: clock.now(), secrets: [apiKey] } as const;
      return checked(checker.classifyError(vendorErrorFrom(error, context)), apiKey);
    } catch (failure) {
      const said = redactText(failure instanceof Error ? failure.message : String(failure), [apiKey]);
      return { outcome: 'unknown', reason: `the health checker failed: ${said}`, decidedBy: 'checker' };
    }
  } finally {
    cancelTimer();
  }
}

/** A checker of the user's own may be written in JavaScript, and may put the key into its reason. */
function checked(result: HealthResult, apiKey: string): HealthResult {
  if (isOutcome((result as HealthResult | undefined)?.outcome)) {
    return result.reason === undefined ? result : { ...result, reason: shownReason(result.reason, [apiKey]) };
  }
  throw new TypeError('it gave no outcome. checkHealth and classifyError must return { outcome: … }.');
}

/** A checker that does not watch its signal must not hold up the others. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
}
