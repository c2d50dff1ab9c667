import { systemClock } from '../common/clock';
import type { Classification } from '../classification/classification';
import { classify } from '../classification/classify';
import { isOutcome, OUTCOMES, type Outcome } from '../vendors/contract/outcome';
import type { VendorError } from '../classification/evidence/vendor-error';
import { BaseHealthChecker, type HealthResult } from './base-health-checker';

/** What a server's own fault is, whoever the vendor: it must not count against a key. */
const SERVER_FAULTS: Readonly<Partial<Record<number, Outcome>>> = {
  500: 'server_error',
  502: 'server_error',
  503: 'overloaded',
  504: 'timeout',
  529: 'overloaded',
};

/** A vendor of which only the meaning of its HTTP statuses is known. Its keys prove themselves by traffic. */
export class StatusTableHealthChecker extends BaseHealthChecker {
  private constructor(private readonly table: Readonly<Partial<Record<number, Outcome>>>) {
    super();
  }

  /**
   * `StatusTableHealthChecker.from({ 401: 'invalid_key', 402: 'quota_exceeded', 429: 'rate_limited' })`. A server's own faults
   * (500, 502, 503, 504, 529) are known without being named; every other status is `unknown`: the key stays, another is tried.
   * @throws TypeError for what is no status or no outcome.
   */
  static from(table: Partial<Record<number, Outcome>>): StatusTableHealthChecker {
    for (const [status, outcome] of Object.entries(table)) {
      if (!/^[1-5]\d\d$/.test(status)) throw new TypeError(`A status table maps HTTP statuses, not "${status}".`);
      if (!isOutcome(outcome)) {
        throw new TypeError(
          `Status ${status} is mapped to "${String(outcome)}", which is no outcome. Known: ${OUTCOMES.join(', ')}.`,
        );
      }
    }
    return new StatusTableHealthChecker({ ...SERVER_FAULTS, ...table });
  }

  checkHealth(): Promise<HealthResult> {
    return Promise.resolve({
      outcome: 'ok',
      unproven: true,
      reason: 'no probe is known; the key proves itself by traffic',
    });
  }

  classifyError(error: VendorError): Classification {
    // Made in the user's own code, it has no injected clock; the time only sorts out absurd dates.
    return classify(error, { rules: [], statusTable: this.table }, 'status', systemClock.now());
  }
}
