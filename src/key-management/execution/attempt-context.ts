import { setMaxListeners } from 'node:events';
import { inspect } from 'node:util';
import { takeEvidence, type EvidenceContext } from '../classification/evidence/error-evidence';
import type { UsedKey } from '../checkers/vendor-access';
import { mergeAbortSignals } from '../common/abort-followers';
import { BodySource, type ByteStream } from '../common/body-source';
import type { FetchRedirect } from '../common/fetch-types';
import type { LeaseTarget } from '../pool/key/key-input';
import type { KeyModelState } from '../pool/key/key-record';
import type { PassedOver } from '../pool/key/key-record';
import { PoolLease } from '../pool/key-lease';
import type { KeyPool } from '../pool/key-pool';
import type { ExpectedTokens } from '../pool/limits/expected-tokens';
import { modelName } from '../pool/key/key-input';
import { endpointOf } from '../pool/state/endpoint-name';
import { overSeen, usageFault } from '../usage/reported-usage';
import { addUsage, type Usage } from '../usage/usage';
import { modelNamedBy } from '../usage/usage-meter';
import { AnswerBody, type BodySettings } from './answers/answer-body';
import { AnswerWatch, isShort, onlyAsks, type UsageSeen } from './answers/answer-watch';
import { AttemptAnswers } from './answers/attempt-answers';
import { isRefusal, responseWith } from './answers/response-with';
import type { CallContext } from './execution.types';
import type { RequestSize } from './tokens/request-size';

/** Milliseconds that a vendor may be silent, as in Node's own fetch. */
export const IDLE_TIMEOUT_MS = 300_000;

/** The attempts that went to another account than the one that their call prefers: few, so that a field for it would cost all others. */
const MOVED = new WeakSet<AttemptContext>();

/** What ends a call, and an answer that still streams after it. */
export interface CallBounds {
  /** The caller's own. */
  readonly signal: AbortSignal | undefined;
  /** Milliseconds since the epoch; Infinity for never. */
  readonly callEndsAt: number;
}

/**
 * One attempt of a managed call: the lease of a key, and at the same time the context that the caller's function is given. It is one object
 * for both, since every call makes one. Signal and fetch are made only when the caller's function reads them.
 */
export class AttemptContext extends PoolLease implements CallContext {
  /** 1 for the first attempt. */
  attempt = 1;
  /** What the bodies of all calls share; set when the attempt begins. */
  settings: BodySettings | undefined = undefined;
  /** The size of its request, where that was measured. */
  size: RequestSize | undefined = undefined;
  /** What ends the attempt and the call; undefined where nothing does. */
  bounds: CallBounds | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  readonly #namesEndpoint: boolean;
  #answers: AttemptAnswers | undefined = undefined;
  /** What its function reported to have used; undefined where it did not. A field, since every call looks. */
  #reported: Partial<Usage> | undefined = undefined;

  /** @param startedAt Milliseconds since the epoch. */
  constructor(
    pool: KeyPool,
    candidate: KeyModelState,
    model: string | undefined,
    startedAt: number,
    endpoint?: string,
    tokens?: ExpectedTokens,
  ) {
    super(pool, candidate, model, 'call', startedAt, endpoint, tokens);
    this.#namesEndpoint = endpoint !== undefined;
  }

  get signal(): AbortSignal {
    return this.openSignal().signal;
  }

  /** The controller of the signal, made where there is none yet. */
  openSignal(): AbortController {
    if (!this.#controller) {
      this.#controller = new AbortController();
      // The caller's function may make any number of requests under it. With 0 in the place of Infinity, fetch of Node 20 makes an error each time.
      setMaxListeners(Infinity, this.#controller.signal);
    }
    return this.#controller;
  }

  /** The same for a request; undefined where nothing ends the attempt early: a signal costs fetch as much as the rest of a request. */
  get requestSignal(): AbortSignal | undefined {
    return this.bounds !== undefined || this.#controller !== undefined ? this.signal : undefined;
  }

  get fetch(): typeof globalThis.fetch {
    return watchedFetch(this);
  }

  /** The key, for who sends requests in the place of the global `fetch`. */
  get usedKey(): UsedKey {
    return { provider: this.candidate.record.provider, keyId: this.keyId, apiKey: this.apiKey };
  }

  /** The answers that the context's own fetch or the managed fetch received; undefined where there are none. */
  get answers(): AttemptAnswers | undefined {
    return this.#answers;
  }

  /** The same, made where there are none yet. */
  get openAnswers(): AttemptAnswers {
    return (this.#answers ??= new AttemptAnswers());
  }

  /** It went to another account than the one that its call prefers. */
  get hasMoved(): boolean {
    return MOVED.has(this);
  }

  /** The controller of the signal; undefined while nobody has read the signal. */
  get aborting(): AbortController | undefined {
    return this.#controller;
  }

  /** What an answer or error of this attempt is judged by. */
  evidenceContext(now = this.settings?.clock.now()): EvidenceContext {
    const { route } = this.candidate.record;
    return { phase: 'http', now, secrets: route ? [this.apiKey, ...route.secrets()] : [this.apiKey] };
  }

  /** Who reads what an answer states to have used; undefined where nobody does. */
  get usageSeen(): UsageSeen | undefined {
    const reader = this.settings?.meterOf?.(this.candidate.record.provider).reader;
    if (reader === undefined) return undefined;
    const onFirst = (usage: Usage): void => this.book(addUsage(this.#answers?.usage, usage), false);
    return { reader, onFirst: this.countsTokens ? onFirst : undefined };
  }

  reportUsage(usage: Partial<Usage>): void {
    const fault = usageFault(usage);
    if (fault !== undefined) throw new TypeError(`reportUsage: ${fault}`);
    const reported = (this.#reported = { ...this.#reported, ...usage });
    if (!this.settled || this.usage !== undefined) return;
    this.#price((this.usage = overSeen(reported, undefined)));
    this.usedLate(this.usage);
  }

  /**
   * Notes what the attempt used, by its answers or as its function reported it, and what that cost; and corrects what is reserved for the call by
   * it. Where they state nothing, what was expected stands.
   * @param isOver Nothing more is written. Of an answer that is cut off, the vendor may have written more than it said.
   * @param named The answer, or the model that it names: the call may have named none.
   */
  book(seen: Usage | undefined, isOver: boolean, named?: unknown): void {
    const reported = this.#reported;
    const usage = reported === undefined ? seen : overSeen(reported, seen);
    if (usage === undefined) return;
    this.#price(usage, named);
    this.usage = usage;
    if (!this.countsTokens) return;
    const { inputTokens, outputTokens, costUsd } = usage;
    const estimates = this.settings?.estimatesOf?.(this.candidate.record.provider);
    const most = this.size ? this.size.maxOutput : this.tokens?.output;
    const booked = estimates?.booked(usage, most) ?? { input: inputTokens, output: outputTokens };
    const output = isOver ? booked.output : Math.max(booked.output, this.tokens?.output ?? 0);
    const written = isOver ? outputTokens : Math.max(outputTokens, this.tokens?.output ?? 0);
    const taken = { input: booked.input, output, tokens: inputTokens + written, isPartial: !isOver };
    this.used(costUsd === undefined ? taken : { ...taken, usd: costUsd });
    if (isOver) estimates?.learn(this.model, usage, this.size);
  }

  /** The same by the answers that passed by, or as the managed fetch has read it. Nearly no failed answer states anything. */
  bookSeen(isOver: boolean): void {
    const seen = this.#answers?.usage;
    if (seen !== undefined || this.#reported !== undefined) this.book(seen ?? this.usage, isOver, this.#answers?.model);
  }

  /** The price is that of the time when the attempt began. */
  #price(usage: Usage, named?: unknown): void {
    const meter = this.settings?.meterOf?.(this.candidate.record.provider);
    if (this.model !== undefined) {
      meter?.price(usage, this.model, named, this.startedAt);
      return;
    }
    const answering = modelNamedBy(named);
    if (answering !== undefined) this.answeringModel = modelName(answering);
    meter?.price(usage, answering, undefined, this.startedAt);
  }

  /** Notes the endpoint of a request. Where the caller named no endpoint, a refusal is of the endpoint that was asked last. */
  requested(method: string, url: string): void {
    if (!this.#namesEndpoint && URL.canParse(url)) this.endpoint = endpointOf(method, new URL(url).pathname);
  }

  abort(reason: unknown): void {
    // Whoever reads the signal later finds it aborted.
    (this.#controller ??= new AbortController()).abort(reason);
  }

  override toJSON(): unknown {
    return { keyId: this.keyId, maskedKey: this.maskedKey, attempt: this.attempt };
  }

  override [inspect.custom](): string {
    return `CallContext(${this.maskedKey}, attempt ${this.attempt})`;
  }
}

/** What a call is for: keys that cool down for the model or the endpoint are passed over. */
export type CallTarget = LeaseTarget;

/** Leases a key for one attempt; undefined where no key can be had at once. @param now Milliseconds since the epoch. */
export function leaseFor(
  pool: KeyPool,
  target: CallTarget,
  exclude: PassedOver | undefined,
  now: number,
): AttemptContext | undefined {
  const candidate = pool.take(target, exclude, now);
  if (candidate === undefined) return undefined;
  const { model, endpoint, tokens, affinity } = target;
  const context = new AttemptContext(pool, candidate, model, now, endpoint, tokens);
  if (affinity !== undefined && pool.hasMoved) MOVED.add(context);
  return context;
}

/** As {@link leaseFor}, but an untried key before a tried one. */
export function leaseUntriedFirst(
  pool: KeyPool,
  target: CallTarget & { readonly tried: ReadonlySet<string> },
  now: number,
): AttemptContext | undefined {
  const { tried } = target;
  const lease = leaseFor(pool, target, tried, now);
  return lease || tried.size === 0 ? lease : leaseFor(pool, target, undefined, now);
}

/**
 * The global fetch for one attempt: under its signal and time limits to the end of each body, and watched, so that the pool sees the
 * vendor's rate-limit headers and the executor sees what the answers were, whatever the caller's function makes of them.
 */
function watchedFetch(context: AttemptContext): typeof globalThis.fetch {
  return async (input, init) => {
    const request = input instanceof Request ? input : undefined;
    const method = init?.method ?? request?.method ?? 'GET';
    context.requested(method, input instanceof Request ? input.url : String(input));
    const given = init?.signal ?? request?.signal;
    // SDKs always bring a signal of their own; the attempt's time limits must reach the request all the same.
    const own = context.requestSignal;
    const merged = own && given ? mergeAbortSignals([own, given]) : undefined;
    const signal = merged?.signal ?? own ?? given;
    try {
      const sent = own ? { ...init, signal } : init;
      const vendorFetch = context.settings?.vendorFetch;
      const response = await (vendorFetch ? vendorFetch(input, sent, context.usedKey) : globalThis.fetch(input, sent));
      context.answered(response.headers);
      const asked = onlyAsks(method);
      const redirect = init?.redirect ?? request?.redirect ?? 'follow';
      return await watched(context, response, { asked, redirect, given, signal });
    } finally {
      merged?.release();
    }
  };
}

interface WatchedRequest {
  /** The request only asks for something that exists. */
  readonly asked: boolean;
  readonly redirect: FetchRedirect;
  /** The signal that came with the request, and the signal that the request was made with. */
  readonly given: AbortSignal | undefined;
  readonly signal: AbortSignal | undefined;
}

async function watched(context: AttemptContext, response: Response, request: WatchedRequest): Promise<Response> {
  const { settings, bounds, openAnswers: answers } = context;
  if (!settings) return response;
  const evidence = (): EvidenceContext => context.evidenceContext();
  let body: ByteStream | null = response.body;
  answers.lastFailure = undefined;
  if (isRefusal(response, request.redirect)) {
    const taken = await takeEvidence(response, { ...evidence(), signal: request.signal });
    answers.lastFailure = taken.evidence;
    // The whole body is here already.
    if (taken.text !== undefined) return responseWith(response, taken.body);
    body = taken.body;
  } else context.accepted(settings.clock.now());
  if (body === null) return response;
  const { headers } = response;
  const beginnings = settings.beginningsOf?.(context.candidate.record.provider);
  const terms = { headers, evidence, usage: context.usageSeen, asked: request.asked, beginnings };
  const watch = response.ok ? AnswerWatch.for(terms) : undefined;
  const passing = AnswerBody.open(new BodySource(body), {
    settings,
    signals: [context.requestSignal, request.given, bounds?.signal].filter((signal) => signal !== undefined),
    endsAt: bounds?.callEndsAt ?? Infinity,
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    evidence,
    watch,
    onSettled: context.settled ? () => undefined : answers.opened(watch, !isShort(headers)),
  });
  if (!isShort(headers)) answers.addBody(passing);
  return responseWith(response, passing);
}
