import { Inject, Injectable } from '@nestjs/common';
import type { ResolvedOptions } from '../../configuration/resolved-options';
import { UnknownProviderError } from '../../errors';
import { RESOLVED_OPTIONS } from '../../key-management.constants';
import { described, optionFault } from '../../common/option-fault';
import { HealthCheckerRegistry } from '../../checkers/health-checker.registry';
import { VendorHealthChecker } from '../../checkers/vendor-health-checker';
import type { Vendor } from '../../vendors/contract/vendor';
import { vendorOf } from '../../vendors/vendor-of';
import { profileOf } from '../../checkers/built-in-checkers';
import { AttemptFailure } from '../failures/attempt-failure';
import type { AttemptContext } from '../attempt-context';
import type { ExecuteOptions, ManagedCall } from '../execution.types';
import { FollowingSignal } from '../../common/abort-followers';
import { cancelResponseBody } from '../../common/cancel-response-body';
import { milliseconds, withCallOptions } from '../option-rules';
import { RetryExecutorService } from '../retry-executor.service';
import { IDLE_TIMEOUT_MS } from '../watched-fetch';
import { checkDestination } from './destination';
import { givenUp, withoutKey } from './given-up';
import { InterimAnswers } from './interim-answers';
import { ManagedAttempt } from './managed-attempt';
import { type FetchTerms, managedRequest, urlOf, type ManagedRequestInit } from './managed-request';
import { UploadSessions } from './upload-sessions';
import type { FetchInput } from '../../common/fetch-types';

/**
 * `timeoutMs` bounds a call to the end of its answer, a streamed one too. `attemptTimeoutMs` bounds each attempt until its answer is handed
 * on: a stream at its first content, short JSON when it is read.
 */
export interface ManagedFetchOptions extends ExecuteOptions {
  /**
   * Milliseconds until the first byte could be handed on: the vendor's headers, a stream's first bytes, the whole of a short JSON answer;
   * then the attempt has timed out. Default: none.
   */
  firstByteTimeoutMs?: number;
  /**
   * Milliseconds that an answer of any kind may be silent; then it has timed out. Default 300,000, as Node's own fetch has it. One that
   * nobody reads gives its key back after as long, 30,000 at the most, and stays readable.
   */
  idleTimeoutMs?: number;
  /**
   * Milliseconds for which a stream is held back at the most, so that one which fails before its first content can be begun anew, unseen. A
   * stream that the vendor keeps alive meanwhile is handed on sooner. Default 2,000.
   */
  holdBackMs?: number;
}

/** An answer for the caller. */
interface Answered {
  readonly response: Response;
}

/** As `fetch`; `body` may also be a function that gives it anew for each attempt, for streams of more than 16 MiB. */
export type ManagedFetch = typeof globalThis.fetch &
  ((input: FetchInput, init?: ManagedRequestInit) => Promise<Response>);

const HOLD_BACK_MS = 2_000;
const NO_OPTIONS: ManagedFetchOptions = Object.freeze({});
const FETCH_OPTIONS = withCallOptions<ManagedFetchOptions>({
  firstByteTimeoutMs: milliseconds,
  idleTimeoutMs: milliseconds,
  holdBackMs: milliseconds,
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
   * answer through, unchanged but for keys that it may echo. A stream is retried until it is handed on: at its first content, when the vendor
   * keeps it alive, or after `holdBackMs`. Short JSON (1 MiB) is retried until it is read, any other answer until its headers have come.
   * Of a streamed body, 16 MiB are kept to be sent again; a longer one is sent again while no more than that was sent of it, or where `body`
   * is a function that gives it anew. All attempts carry one idempotency key where the vendor takes one (`Idempotency-Key` of OpenAI), the
   * SDK's own or one set here. When it gives up, it resolves with the vendor's last answer, or with one in the vendor's shape where no key is left
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
    const vendor = this.#vendor(provider);
    const { credential, uploadUrlHeader } = vendor;
    const baseUrls = vendor.baseUrl === undefined ? [] : [vendor.baseUrl];
    const url = urlOf(input);
    checkDestination(provider, url, baseUrls);
    const request = await managedRequest(url, input, init, vendor);
    const signals = [options.signal, request.signal].filter((signal) => signal !== undefined);
    const callers = signals.length > 1 ? new FollowingSignal(signals) : undefined;
    const signal = callers?.signal ?? signals[0];
    const terms: FetchTerms = {
      line,
      settings: this.executor.settings,
      credential,
      baseUrls,
      request,
      interim: this.#interim,
      keysUsed: new Set(),
      signals,
      endsAt: this.executor.settings.clock.now() + (options.timeoutMs ?? Infinity),
      firstByteTimeoutMs: options.firstByteTimeoutMs ?? Infinity,
      idleTimeoutMs: options.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
      holdBackMs: options.holdBackMs ?? HOLD_BACK_MS,
    };
    let answer: Response | undefined;
    const call: ManagedCall<Answered> = async (context) => {
      try {
        return { response: await new ManagedAttempt(terms, context as AttemptContext).run() };
      } catch (error) {
        const facts = (error as AttemptFailure).facts;
        if (facts.response) {
          cancelResponseBody(answer);
          answer = facts.response;
        }
        if (facts.error === undefined) throw error;
        throw new AttemptFailure({ ...facts, error: withoutKey(facts.error, context.apiKey) });
      }
    };
    const result = await this.executor
      .run(line, call, {
        ...options,
        model: options.model ?? request.model,
        endpoint: options.endpoint ?? request.endpoint,
        firstKey: this.#uploads.keyOf(request.url),
        signal,
      })
      .finally(() => callers?.cancelResponseBody());
    request.body.ended(result.success);
    if (!result.success) return givenUp({ provider, url: request.url, error: result.error, answer, signal });
    cancelResponseBody(answer);
    const { response } = result.response;
    const parts = uploadUrlHeader && response.headers.get(uploadUrlHeader);
    if (parts && URL.canParse(parts)) this.#uploads.begun(new URL(parts).href, result.attempts.at(-1)!.keyId);
    return response;
  }

  /** How the provider's vendor is called. */
  #vendor(provider: string): Vendor {
    const checker = this.registry.get(provider);
    if (checker instanceof VendorHealthChecker) return checker.resolved;
    const settings = this.options.providers.get(provider);
    return vendorOf(checker.vendor ?? profileOf(provider, settings), settings);
  }
}
