import type { Classification } from '../classification/classification';
import { classify, type ErrorClassificationMode } from '../classification/classify';
import { isFailedAnswer } from '../classification/evidence/body-facts';
import { jsonIn } from '../classification/evidence/body-tree';
import { vendorErrorFrom } from '../classification/evidence/error-evidence';
import type { VendorError } from '../classification/evidence/vendor-error';
import type { Clock } from '../common/clock';
import type { Outcome } from '../vendors/contract/outcome';
import type { LightProbe, VendorProfile } from '../vendors/contract/profile';
import type { Vendor } from '../vendors/contract/vendor';
import { BaseHealthChecker, type FormatVerdict, type HealthResult, type ProbeContext } from './base-health-checker';
import { validateKeyFormat } from './key-format';
import { sendProbe, type Probe } from './probe-request';
import { readBalance, type Balance } from './read-balance';

/** How a vendor answers where it has no such endpoint. */
const NO_SUCH_ENDPOINT: ReadonlySet<number | undefined> = new Set([404, 405, 501]);
/** Refusals that say nothing on the key: a probe with an empty body that is refused for one of these was let in. */
const NOT_ABOUT_THE_KEY: ReadonlySet<Outcome> = new Set([
  'bad_request',
  'unknown',
  'model_unavailable',
  'content_blocked',
]);

/** What a vendor says of an address that it does not know, rather than of a model that it has not. */
const NOT_ABOUT_THE_MODEL: ReadonlySet<Outcome> = new Set(['bad_request', 'unknown', 'config_error']);

/** Keys with base URLs of their own have as many addresses as they say. */
const MOST_ADDRESSES = 1_000;

const unproven = (reason: string): HealthResult => ({ outcome: 'ok', unproven: true, reason });

/** Checks the keys of any vendor by its profile, and reads errors by its rules. One class serves every vendor. */
export class VendorHealthChecker extends BaseHealthChecker {
  override readonly builtIn = true;
  override readonly pacing: Vendor;
  /** Whether a probe's address answers anybody, asked once each without a key. */
  readonly #isPublic = new Map<string, Promise<boolean>>();

  /**
   * @param provider The name of the provider that it serves.
   * @param resolved The profile, completed by its wire format and the provider's settings.
   */
  constructor(
    readonly provider: string,
    override readonly vendor: VendorProfile,
    readonly resolved: Vendor,
    private readonly mode: ErrorClassificationMode,
    private readonly clock: Clock,
  ) {
    super();
    this.pacing = resolved;
  }

  async checkHealth(apiKey: string, context: ProbeContext): Promise<HealthResult> {
    const baseUrl = context.baseUrl ?? this.resolved.baseUrl;
    if (baseUrl === undefined) return unproven(`set providers.${this.provider}.baseUrl to have its keys checked`);
    // Both under lower-case names.
    const vendor = { ...this.resolved, baseUrl, headers: { ...this.resolved.headers, ...context.headers } };
    return context.depth === 'light' ? this.#light(vendor, apiKey, context) : this.#deep(vendor, apiKey, context);
  }

  classifyError(error: VendorError): Classification {
    return classify(error, this.resolved, this.mode, this.clock.now());
  }

  /** Whether the vendor tells what is left of a key's money or quota. */
  get tellsBalance(): boolean {
    return this.resolved.balance !== undefined && this.resolved.baseUrl !== undefined;
  }

  /**
   * Asks the vendor what is left of the key's money or quota, by the road of the health checks. Undefined where it does not say.
   * @throws what fetch throws
   */
  async balance(apiKey: string, context: Omit<ProbeContext, 'depth'>): Promise<Balance | undefined> {
    const { balance } = this.resolved;
    const baseUrl = context.baseUrl ?? this.resolved.baseUrl;
    if (balance === undefined || baseUrl === undefined) return undefined;
    const vendor = { ...this.resolved, baseUrl, headers: { ...this.resolved.headers, ...context.headers } };
    const answer = await sendProbe(vendor, { method: 'GET', path: balance.path }, apiKey, context.signal);
    if (answer.status < 200 || answer.status >= 300) return undefined;
    return readBalance(balance, jsonIn(answer.body), new URL(baseUrl).host);
  }

  override validateFormat(apiKey: string): FormatVerdict {
    return validateKeyFormat(this.resolved, apiKey);
  }

  async #light(vendor: Vendor & { baseUrl: string }, apiKey: string, context: ProbeContext): Promise<HealthResult> {
    for (const probe of vendor.probes.light) {
      const result = await this.#send(vendor, { method: 'GET', ...probe }, apiKey, context);
      if (result.outcome !== 'ok' && NO_SUCH_ENDPOINT.has(result.status)) continue;
      if (result.outcome === 'ok' && (await this.#isOpen(vendor, probe, context))) continue;
      if (probe.acceptedBy?.includes(result.status!) && NOT_ABOUT_THE_KEY.has(result.outcome))
        return { outcome: 'ok', status: result.status };
      return result;
    }
    return unproven(`no request to ${vendor.label} proves a key without cost: it proves itself by traffic`);
  }

  async #deep(vendor: Vendor & { baseUrl: string }, apiKey: string, context: ProbeContext): Promise<HealthResult> {
    for (const { path, body, model } of vendor.probes.deep) {
      if (model === undefined) {
        return unproven(`set providers.${this.provider}.probeModel to have the quota of its keys checked`);
      }
      const named = path.replace('{model}', encodeURIComponent(model.replace(/^models\//, '')));
      const result = await this.#send(vendor, { method: 'POST', path: named, body: body(model) }, apiKey, context);
      if (!(NO_SUCH_ENDPOINT.has(result.status) && NOT_ABOUT_THE_MODEL.has(result.outcome))) return result;
    }
    return unproven(`no request to ${vendor.label} proves that a key has quota`);
  }

  /** Whether the vendor gives anybody what the probe asks for, so that its answer says nothing on the key. */
  async #isOpen(vendor: Vendor & { baseUrl: string }, probe: LightProbe, { signal }: ProbeContext): Promise<boolean> {
    if (probe.proves !== 'key_unless_public') return false;
    const at = vendor.baseUrl + probe.path;
    let asked = this.#isPublic.get(at);
    if (asked === undefined) {
      // Without a key, and without the headers of one.
      const anybody = { ...vendor, headers: this.resolved.headers };
      asked = sendProbe(anybody, { method: 'GET', ...probe }, undefined, signal).then(({ status }) => status < 300);
      this.#isPublic.set(at, asked);
      if (this.#isPublic.size > MOST_ADDRESSES) this.#isPublic.delete(this.#isPublic.keys().next().value!);
      // What could not be asked is asked again at the next check.
      asked.catch(() => this.#isPublic.delete(at));
    }
    return asked;
  }

  async #send(
    vendor: Vendor & { baseUrl: string },
    probe: Probe,
    apiKey: string,
    { signal }: ProbeContext,
  ): Promise<HealthResult> {
    const endpoint = `${probe.method} ${probe.path}`;
    const startedAt = this.clock.now();
    const answer = await sendProbe(vendor, probe, apiKey, signal);
    if (answer.status >= 200 && answer.status < 300) {
      const body = jsonIn(answer.body);
      // A login page or a proxy answers 200 to anything: that says nothing on the key.
      if (body === undefined) {
        const reason = `${endpoint} was not answered with JSON: check the base URL`;
        return { outcome: 'unknown', status: answer.status, reason };
      }
      if (!isFailedAnswer(body)) return { outcome: 'ok', status: answer.status };
    }
    const evidence = vendorErrorFrom(answer, { phase: 'probe', endpoint, now: startedAt, secrets: [apiKey] });
    return { ...this.classifyError(evidence), status: answer.status };
  }
}
