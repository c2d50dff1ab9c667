import { vendorErrorFrom } from '../classification/evidence/error-evidence';
import type { CheckedClassification } from '../classification/classification';
import { checkedClassification } from '../classification/checked-classification';
import {
  LONGEST_REASON,
  ownWords,
  redactReason,
  redactText,
  type RedactedText,
} from '../classification/redaction/redact';
import { read } from '../classification/evidence/safe-read';
import type { Clock } from '../common/clock';
import type { ApiKey } from '../pool/key/api-key';
import type { KeyRoute } from '../pool/key/key-route';
import type { BaseHealthChecker, HealthResult, ProbeDepth } from '../checkers/base-health-checker';
import type { Prober } from '../checkers/vendor-access';

/** The longest that one probe may take, milliseconds. */
export const PROBE_TIMEOUT_MS = 15_000;

/** What a health check found out, as the package carries it. */
export type CheckedHealthResult = CheckedClassification & Pick<HealthResult, 'unproven'>;

/** The key that is asked about, and where. */
export interface ProbedKey {
  readonly key: ApiKey;
  readonly route?: KeyRoute;
}

/** Asks a vendor about one key, within a time limit and until the controller aborts. Never rejects, whatever the checker does. */
export async function probe(
  checker: Prober,
  { key, route }: ProbedKey,
  depth: ProbeDepth,
  clock: Clock,
  controller: AbortController,
): Promise<CheckedHealthResult> {
  const apiKey = key.reveal();
  const secrets = [apiKey, ...(route?.secrets() ?? [])];
  const { signal } = controller;
  const asked = { depth, signal, ...(route && { baseUrl: route.baseUrl, headers: route.revealHeaders() }) };
  let timedOut = false;
  const cancelTimer = clock.after(PROBE_TIMEOUT_MS, () => {
    timedOut = true;
    controller.abort(new DOMException('The health check took too long.', 'TimeoutError'));
  });
  try {
    return checked(await Promise.race([checker.checkHealth(apiKey, asked), aborted(signal)]), secrets, clock);
  } catch (error) {
    try {
      const callerAborted = signal.aborted && !timedOut;
      const context = { phase: 'probe', timedOut, callerAborted, now: clock.now(), secrets } as const;
      return checked(checker.classifyError(vendorErrorFrom(error, context)), secrets, clock);
    } catch (failure) {
      const said = failure instanceof Error ? failure.message : String(failure);
      const reason = redactText(`the health checker failed: ${said}`, secrets, LONGEST_REASON);
      return { outcome: 'unknown', reason, decidedBy: 'checker' };
    }
  } finally {
    cancelTimer();
  }
}

/** What a checker of the user's own returns is checked at the one door for it. */
function checked(result: unknown, secrets: readonly string[], clock: Clock): CheckedHealthResult {
  const checkedResult = checkedClassification(result, { secrets, now: clock.now() });
  if (checkedResult === undefined)
    throw new TypeError('it gave no outcome. checkHealth and classifyError must return { outcome: … }.');
  return read(result, 'unproven') === true ? { ...checkedResult, unproven: true } : checkedResult;
}

/** What a checker says of a key's form, redacted. */
type CheckedFormat =
  { readonly valid: true; readonly warning?: string } | { readonly valid: false; readonly reason: RedactedText };

/**
 * What the checker says of the key's form. A checker that throws, or returns anything else, has said nothing: a key is refused only where `valid` is false.
 */
export function formatOf(checker: BaseHealthChecker, key: ApiKey): CheckedFormat {
  const apiKey = key.reveal();
  let given: unknown;
  try {
    given = checker.validateFormat(apiKey);
  } catch {
    return { valid: true, warning: 'the health checker failed to check the format of the key' };
  }
  // Nobody would hear of its rejection.
  if (given instanceof Promise) given.catch(() => undefined);
  const said = (name: string): RedactedText | undefined => redactReason(read(given, name), [apiKey]);
  return read(given, 'valid') === false
    ? { valid: false, reason: said('reason') ?? ownWords`the health checker refuses the format of the key` }
    : { valid: true, warning: said('warning') };
}

/** A checker that does not watch its signal must not hold up the others. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}
