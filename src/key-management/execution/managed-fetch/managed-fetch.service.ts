import { Inject, Injectable } from '@nestjs/common';
import type { ResolvedOptions } from '../../configuration/resolved-options';
import { UnknownProviderError } from '../../errors';
import { RESOLVED_OPTIONS } from '../../key-management.constants';
import { described, optionFault } from '../../option-fault';
import { HealthCheckerRegistry } from '../../vendors/health-checker.registry';
import { VendorHealthChecker } from '../../vendors/vendor-health-checker';
import type { CredentialPlace } from '../../vendors/vendor-knowledge';
import { AttemptFailure } from '../attempt-failure';
import type { AttemptContext } from '../call-context';
import type { ExecuteOptions, ManagedCall } from '../execution.types';
import { letGo } from '../let-go';
import { milliseconds, withCallOptions } from '../option-rules';
import { RetryExecutorService } from '../retry-executor.service';
import { checkDestination } from './destination';
import { givenUp, withoutKey } from './given-up';
import { InterimAnswers } from './interim-answers';
import { managedAttempt, type Answered, type FetchTerms } from './managed-attempt';
import { UploadSessions } from './upload-sessions';
import { managedRequest, urlOf, type FetchInput, type ManagedRequestInit } from './managed-request';

/** `timeoutMs` and `attemptTimeoutMs` bound a call until its answer is handed on; what streams after that has `idleTimeoutMs`. */
export interface ManagedFetchOptions extends ExecuteOptions {
  /** Milliseconds until the vendor's headers, or a stream's first bytes, come; then the attempt has timed out. Default: none. */
  firstByteTimeoutMs?: number;
  /**
   * Milliseconds that a stream may be silent; then it has timed out. Default 300,000, as Node's own fetch has it. A stream that
   * nobody reads gives its key back after as long, 30,000 at the most, and stays readable.
   */
  idleTimeoutMs?: number;
}

/** As `fetch`; `body` may also be a function that gives it anew for each attempt, for streams of more than 16 MiB. */
export type ManagedFetch = typeof globalThis.fetch &
  ((input: FetchInput, init?: ManagedRequestInit) => Promise<Response>);

/** For a provider of which no more is known than its base URL. */
const BEARER: CredentialPlace = {
  header: 'authorization',
  format: (apiKey) => `Bearer ${apiKey}`,
  removeHeaders: ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'],
  removeQuery: ['key', 'api_key', 'api-key'],
};
const IDLE_TIMEOUT_MS = 300_000;
const NO_OPTIONS: ManagedFetchOptions = Object.freeze({});
const FETCH_OPTIONS = withCallOptions<ManagedFetchOptions>({
  firstByteTimeoutMs: milliseconds,
  idleTimeoutMs: milliseconds,
});

/** A drop-in `fetch` that calls vendors with the pool's keys. */
@Injectable()
export class ManagedFetchService {
  readonly #interim = new InterimAnswers();
  readonly #uploads = new UploadSessions();

  constructor(
    private readonly executor: RetryExecutorService,
    private readonly registry: HealthCheckerRegistry,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * A `fetch` for any SDK that takes one: `new OpenAI({ apiKey: 'managed', fetch: managedFetch.for('openai') })`.
   *
   * It removes every credential the SDK set and puts a pool key into the vendor's own header, retries and rotates, and streams the
   * answer through untouched. A stream is retried until its first content comes, never after. Of a streamed body,
   * 16 MiB are kept to be sent again; a longer one is sent again while no more than that was sent of it, or where `body` is a function that gives
   * it anew. All attempts carry one idempotency key where the vendor takes one (`Idempotency-Key` of OpenAI), the SDK's own or one set here. When it gives up, it resolves with the vendor's last answer, or with one in the vendor's shape where no key is left
   * (429 or 503 with `retry-after`), marked `x-should-retry: false`; or it rejects as fetch does: `AbortError`, `TimeoutError`, `TypeError`.
   * A request that would take a key to another origin than the provider's base URL, or there unencrypted, rejects with a `TypeError`.
   * @throws TypeError at once where an option is unknown or has no such value: it is configuration, and is best found at the start
   */
  for(provider: string, options: ManagedFetchOptions = NO_OPTIONS): ManagedFetch {
    const fault =
      typeof provider === 'string'
        ? optionFault(options, FETCH_OPTIONS)
        : `provider must be the name of a provider, not ${described(provider)}.`;
    if (fault !== undefined) throw new TypeError(`The managed fetch cannot be made: ${fault}`);
    // As they were looked at: whoever changes them later changes nothing.
    const own = { ...options };
    return (input, init) => this.#fetch(provider, own, input, init);
  }

  async #fetch(
    provider: string,
    options: ManagedFetchOptions,
    input: FetchInput,
    init: ManagedRequestInit | undefined,
  ): Promise<Response> {
    const line = this.executor.line(provider);
    if (!line) throw new UnknownProviderError(provider, this.registry.providers());
    const { credential, idempotencyHeader, uploadUrlHeader, baseUrls } = this.#place(provider);
    const url = urlOf(input);
    checkDestination(provider, url, baseUrls);
    const request = await managedRequest(url, input, init, { credential, idempotencyHeader });
    const signal = either(options.signal, request.signal);
    const terms: FetchTerms = {
      line,
      settings: this.executor.settings,
      credential,
      baseUrls,
      request,
      interim: this.#interim,
      signal,
      firstByteTimeoutMs: options.firstByteTimeoutMs ?? Infinity,
      idleTimeoutMs: options.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
    };
    let answer: Response | undefined;
    const call: ManagedCall<Answered> = async (context) => {
      try {
        return await managedAttempt(terms, context as AttemptContext);
      } catch (error) {
        const facts = (error as AttemptFailure).facts;
        if (facts.response) {
          letGo(answer);
          answer = facts.response;
        }
        if (facts.error === undefined) throw error;
        throw new AttemptFailure({ ...facts, error: withoutKey(facts.error, context.apiKey) });
      }
    };
    const result = await this.executor.run(line, call, {
      ...options,
      model: options.model ?? request.model,
      firstKey: this.#uploads.keyOf(request.url),
      signal,
    });
    request.body.ended(result.success);
    if (!result.success) return givenUp({ provider, url: request.url, error: result.error, answer, signal });
    letGo(answer);
    const { response, stream } = result.response;
    const parts = uploadUrlHeader && response.headers.get(uploadUrlHeader);
    if (parts && URL.canParse(parts)) this.#uploads.begun(new URL(parts).href, result.attempts.at(-1)!.keyId);
    stream?.whenEnded((success) => {
      this.executor.callEnded(line, result, success);
    });
    return response;
  }

  /** Where the provider's keys may go, and how they travel. */
  #place(provider: string) {
    const checker = this.registry.get(provider);
    const known = checker instanceof VendorHealthChecker ? checker : undefined;
    const baseUrls = [known?.baseUrl, this.options.providers.get(provider)?.baseUrl];
    return {
      credential: known?.knowledge.credential ?? BEARER,
      idempotencyHeader: known?.knowledge.idempotencyHeader,
      uploadUrlHeader: known?.knowledge.uploadUrlHeader,
      baseUrls: baseUrls.filter((each) => each !== undefined),
    };
  }
}

function either(first: AbortSignal | undefined, second: AbortSignal | undefined): AbortSignal | undefined {
  return first && second ? AbortSignal.any([first, second]) : (first ?? second);
}
