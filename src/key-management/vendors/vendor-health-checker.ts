import axios from 'axios';
import type { Classification } from '../classification/classification';
import { classify } from '../classification/classify';
import { vendorErrorFrom } from '../classification/error-evidence';
import type { VendorError } from '../classification/vendor-error';
import type { Clock } from '../clock';
import type { ResolvedOptions } from '../configuration/resolved-options';
import { BaseHealthChecker, type FormatVerdict, type HealthResult, type ProbeContext } from './base-health-checker';
import type { PacingProfile } from '../pool/pace';
import { validateKeyFormat } from './key-format';
import type { ProbeRequest, VendorKnowledge } from './vendor-knowledge';

/** Answers to probes are small; more is no answer of a vendor. Bytes. */
const LARGEST_ANSWER = 8 * 1024 * 1024;

/** A checker made of a vendor's knowledge: probes over HTTP, errors by its rules. */
export abstract class VendorHealthChecker extends BaseHealthChecker {
  override readonly builtIn = true;
  override readonly pacing: PacingProfile;

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
    const answer = await axios.request<string>({
      method: probe.method,
      url: baseUrl + probe.path,
      headers: { ...probe.headers, accept: 'application/json', [header]: format(apiKey) },
      data: probe.body,
      signal,
      // The body is read as evidence, so axios must not parse it; a redirect would carry the key elsewhere.
      responseType: 'text',
      transformResponse: (body: string) => body,
      maxRedirects: 0,
      // Without TLS a proxy of the environment (HTTP_PROXY) would read the key; with it, it only tunnels.
      ...(new URL(baseUrl).protocol === 'http:' && { proxy: false as const }),
      maxContentLength: LARGEST_ANSWER,
      validateStatus: () => true,
    });
    if (answer.status >= 200 && answer.status < 300) {
      // A login page or a proxy answers 200 to anything: that says nothing on the key.
      if (isJson(answer.data)) return { outcome: 'ok', status: answer.status };
      return {
        outcome: 'unknown',
        status: answer.status,
        reason: `${probe.endpoint} was not answered with JSON: check the base URL`,
      };
    }
    const evidence = vendorErrorFrom(
      { status: answer.status, headers: answer.headers, body: answer.data },
      { phase: 'probe', endpoint: probe.endpoint, now: startedAt, secrets: [apiKey] },
    );
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
