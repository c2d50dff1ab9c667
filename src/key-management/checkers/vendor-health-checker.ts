import type { Classification } from '../classification/classification';
import { classify } from '../classification/classify';
import { vendorErrorFrom } from '../classification/evidence/error-evidence';
import type { VendorError } from '../classification/evidence/vendor-error';
import type { Clock } from '../common/clock';
import type { ResolvedOptions } from '../configuration/resolved-options';
import { BaseHealthChecker, type FormatVerdict, type HealthResult, type ProbeContext } from './base-health-checker';
import type { RateLimitProfile } from '../pool/limits/rate-limiter';
import { validateKeyFormat } from './key-format';
import { sendProbe } from './probe-request';
import type { ProbeRequest, VendorKnowledge } from '../vendors/contract/vendor';

/** A checker made of a vendor's knowledge: probes over HTTP, errors by its rules. */
export abstract class VendorHealthChecker extends BaseHealthChecker {
  override readonly builtIn = true;
  override readonly pacing: RateLimitProfile;

  protected constructor(
    readonly knowledge: VendorKnowledge,
    private readonly options: ResolvedOptions,
    private readonly clock: Clock,
  ) {
    super();
    this.pacing = knowledge;
  }

  /** Where this vendor is called; without the version path. Undefined for a compatible vendor that was given none. */
  get baseUrl(): string | undefined {
    return this.options.providers.get(this.knowledge.name)?.baseUrl ?? this.knowledge.defaultBaseUrl;
  }

  async checkHealth(apiKey: string, { depth, signal }: ProbeContext): Promise<HealthResult> {
    const { light, deep } = this.knowledge.probes;
    if (depth === 'light') return this.#send(light, apiKey, signal);
    const model = this.options.providers.get(this.knowledge.name)?.probeModel ?? deep.defaultModel;
    if (model === undefined) {
      const setting = `providers.${this.knowledge.name}.probeModel`;
      return { outcome: 'ok', unproven: true, reason: `set ${setting} to have the quota of its keys checked` };
    }
    return this.#send(deep.request(model), apiKey, signal);
  }

  classifyError(error: VendorError): Classification {
    return classify(error, this.knowledge, this.options.errorClassification, this.clock.now());
  }

  override validateFormat(apiKey: string): FormatVerdict {
    return validateKeyFormat(this.knowledge.name, apiKey);
  }

  async #send(probe: ProbeRequest, apiKey: string, signal: AbortSignal): Promise<HealthResult> {
    const { baseUrl } = this;
    if (baseUrl === undefined) {
      return {
        outcome: 'ok',
        unproven: true,
        reason: `set providers.${this.knowledge.name}.baseUrl to have its keys checked`,
      };
    }
    const { header, format } = this.knowledge.credential;
    const startedAt = this.clock.now();
    const answer = await sendProbe(baseUrl, probe, { [header]: format(apiKey) }, signal);
    if (answer.status >= 200 && answer.status < 300) {
      // A login page or a proxy answers 200 to anything: that says nothing on the key.
      if (isJson(answer.body)) return { outcome: 'ok', status: answer.status };
      return {
        outcome: 'unknown',
        status: answer.status,
        reason: `${probe.endpoint} was not answered with JSON: check the base URL`,
      };
    }
    const context = { phase: 'probe', endpoint: probe.endpoint, now: startedAt, secrets: [apiKey] } as const;
    const evidence = vendorErrorFrom(answer, context);
    const verdict = this.classifyError(evidence);
    return { ...verdict, status: answer.status };
  }
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}
