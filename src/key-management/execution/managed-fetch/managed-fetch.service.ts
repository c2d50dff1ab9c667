import { Inject, Injectable } from '@nestjs/common';
import { mergeAbortSignals } from '../../common/abort-followers';
import { cancelResponseBody } from '../../common/cancel-response-body';
import type { FetchInput } from '../../common/fetch-types';
import { described, optionFault } from '../../common/option-fault';
import type { ResolvedOptions } from '../../configuration/resolved-options';
import { RESOLVED_OPTIONS } from '../../key-management.constants';
import { HealthCheckerRegistry } from '../../checkers/health-checker.registry';
import type { KeyPool } from '../../pool/key-pool';
import type { Vendor } from '../../vendors/contract/vendor';
import { IDLE_TIMEOUT_MS, type AttemptContext } from '../attempt-context';
import { affinityTarget } from '../affinity/affinity-target';
import { namedId } from '../affinity/named-id';
import type { ProviderContext, RunOptions } from '../execution-settings';
import type { ExecuteOptions, ExecutionReport, ManagedCall } from '../execution.types';
import { milliseconds, withCallOptions } from '../option-rules';
import { RetryExecutorService } from '../retry-executor.service';
import { BoundObjectsService } from '../affinity/bound-objects.service';
import { mostAsked, ObjectCall, uploadBegan } from '../affinity/object-call';
import { severalAccounts } from '../affinity/several-accounts';
import { CalledUrls, type CalledUrl } from './called-url';
import { checkDestination } from './destination';
import { failedCallResponse, refusedRequest } from './failed-call-response';
import { askingForUsage } from './include-usage';
import { InterimAnswers } from './interim-answers';
import { ManagedAttempt, type Answered } from './managed-attempt';
import { managedRequest, sizeOf, type FetchCall, type FetchTerms, type ManagedRequestInit } from './managed-request';

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
  /**
   * Called once at the end of each call with what it took: which keys and accounts were tried, the attempts, what they used, and where its affinity led
   * it. Of an answer that streams it is called when the stream has ended, or is left unread. What it throws is ignored.
   */
  onReport?: (report: ExecutionReport) => void;
}

/** A `fetch` whose `body` may also be a function that makes it anew for each attempt, for streams of more than 16 MiB. */
export type ManagedFetch = typeof globalThis.fetch &
  ((input: FetchInput, init?: ManagedRequestInit) => Promise<Response>);

const HOLD_BACK_MS = 2_000;
const NO_OPTIONS: ManagedFetchOptions = Object.freeze({});
const FETCH_OPTIONS = withCallOptions<ManagedFetchOptions>({
  firstByteTimeoutMs: milliseconds,
  idleTimeoutMs: milliseconds,
  holdBackMs: milliseconds,
  onReport: (value) => (typeof value === 'function' ? undefined : 'a function, or be left out'),
});

/** A drop-in `fetch` that calls vendors with the pool's keys. */
@Injectable()
export class ManagedFetchService {
  readonly #interim = new InterimAnswers();
  readonly #urls = new WeakMap<ProviderContext, CalledUrls>();

  constructor(
    private readonly executor: RetryExecutorService,
    private readonly registry: HealthCheckerRegistry,
    private readonly bound: BoundObjectsService,
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
   * A key with a base URL of its own is called there, with the path that the SDK's URL has below the provider's; its headers go with it.
   * A request that would take a key to another origin than the provider's base URL, or there unencrypted, rejects with a `TypeError`.
   * @throws TypeError at once where an option is unknown or has no such value: it is configuration, and is best found at the start
   */
  for(provider: string, options: ManagedFetchOptions = NO_OPTIONS): ManagedFetch {
    const fault =
      typeof provider === 'string'
        ? optionFault(options, FETCH_OPTIONS)
        : `provider must be the name of a provider, not ${described(provider)}.`;
    if (fault !== undefined) throw new TypeError(`The managed fetch cannot be made: ${fault}`);
    // A copy of what was checked: whoever changes the options later changes nothing.
    const own = { ...options };
    return (input, init) => this.#fetch(provider, own, { input, init });
  }

  async #fetch(provider: string, options: ManagedFetchOptions, fetchCall: FetchCall): Promise<Response> {
    const { settings } = this.executor;
    const { onReport } = options;
    const context = this.executor.providerContext(provider);
    if (!context) throw this.registry.unknownProvider(provider);
    const vendor = this.registry.vendor(provider);
    const { uploadUrlHeader } = vendor;
    const url = this.#urlsOf(context, vendor).of(fetchCall.input);
    const calledBaseUrl = this.#calledBaseUrl(context.pool, url, vendor.baseUrl);
    const made = managedRequest(url, fetchCall, vendor);
    const given = made instanceof Promise ? await made : made;
    const asking = this.options.providers.get(provider)?.includeUsage ? askingForUsage(url.path, given) : undefined;
    const request = asking ?? given;
    const { pool } = context;
    const naming = { url: request.url, path: url.path, body: request.text, affinity: options.affinity };
    const objects = ObjectCall.of(pool, this.bound, vendor, naming);
    const place = objects && (await objects.place());
    if (place?.kind === 'several') {
      request.body.ended?.(false);
      return refusedRequest({ vendor, url: request.url }, severalAccounts(pool, place.owners));
    }
    const signals = [options.signal, request.signal].filter((signal) => signal !== undefined);
    const merged = signals.length > 1 ? mergeAbortSignals(signals) : undefined;
    const signal = merged?.signal ?? signals[0];
    const model = options.model ?? request.model;
    const affinity = options.affinity ?? namedId(vendor, request.headers, request.text);
    const size = context.pool.limitsTokens && options.estimatedTokens === undefined ? sizeOf(request) : undefined;
    const terms: FetchTerms = {
      settings,
      vendor,
      calledBaseUrl,
      request,
      size,
      hidesUsage: asking !== undefined,
      interim: this.#interim,
      answerIds: objects?.answerIds,
      keysUsed: [],
      refused: undefined,
      signals,
      endsAt: settings.clock.now() + (options.timeoutMs ?? Infinity),
      firstByteTimeoutMs: options.firstByteTimeoutMs ?? Infinity,
      idleTimeoutMs: options.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
      holdBackMs: options.holdBackMs ?? HOLD_BACK_MS,
    };
    const call: ManagedCall<Answered> = (attempt) => new ManagedAttempt(terms, attempt as AttemptContext).run();
    const runOptions: RunOptions = {
      ...options,
      model,
      endpoint: options.endpoint ?? request.endpoint,
      affinity: affinity === undefined ? undefined : affinityTarget(affinity),
      onEnd: onReport && ((report) => reportTo(onReport, report)),
      signal,
    };
    if (size) Object.assign(runOptions, context.estimates.measured(model, size));
    if (objects) Object.assign(runOptions, objects.options(place, mostAsked(this.options, provider)));
    const result = await this.executor.run(context, call, runOptions);
    merged?.release();
    request.body.ended?.(result.success);
    if (!result.success)
      return failedCallResponse({ vendor, url: request.url, error: result.error, answer: terms.refused, signal });
    cancelResponseBody(terms.refused);
    const { response } = result.response;
    const uploadUrl = uploadUrlHeader && response.headers.get(uploadUrlHeader);
    if (uploadUrl) uploadBegan(pool, this.bound, uploadUrl, result.attempts.at(-1)!.keyId);
    objects?.answered(result.attempts.at(-1)!.keyId);
    return response;
  }

  /** Anew where the provider has got another vendor. */
  #urlsOf(context: ProviderContext, vendor: Vendor): CalledUrls {
    const known = this.#urls.get(context);
    if (known?.vendor === vendor) return known;
    const urls = new CalledUrls(vendor);
    this.#urls.set(context, urls);
    return urls;
  }

  /** @throws RefusedDestinationError for a URL under no base URL of the provider and its keys */
  #calledBaseUrl({ provider, baseUrls }: KeyPool, url: CalledUrl, own: string | undefined): string {
    if (url.allowedUnder !== undefined) return url.allowedUnder;
    const { given } = url;
    const known = [...(own === undefined ? [] : [own]), ...baseUrls];
    // An app under test may call a gateway that the test does not name: nothing is sent there.
    const isTest = this.executor.settings.vendorFetch !== undefined;
    const allowHttp = isTest || this.options.providers.get(provider)?.allowHttp === true;
    const base = checkDestination(provider, given, isTest ? [...known, given.origin] : known, allowHttp);
    // What a key's own base URL allows ends with the key.
    if (base === own) url.allowedUnder = base;
    return base;
  }
}

/** Without the answer, which is of no use to anybody but the SDK. */
function reportTo(onReport: (report: ExecutionReport) => void, report: ExecutionReport): void {
  const { provider, attemptsMade, keysTried, totalTimeMs, attempts, usage, affinity } = report;
  try {
    onReport({ provider, attemptsMade, keysTried, totalTimeMs, attempts, usage, affinity });
  } catch {
    // The caller's own fault, which is not to cost it the answer.
  }
}
