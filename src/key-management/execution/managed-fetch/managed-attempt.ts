import type { CheckedClassification } from '../../classification/classification';
import { ownWords } from '../../classification/redaction/redact';
import {
  takeEvidence,
  vendorErrorFrom,
  vendorErrorFromStreamEvent,
} from '../../classification/evidence/error-evidence';
import type { VendorError } from '../../classification/evidence/vendor-error';
import { BodySource, type Chunk } from '../../common/body-source';
import { cancelBody } from '../../common/cancel-response-body';
import { usageInBody } from '../../usage/passing-usage';
import { AnswerWatch, failureIn, isShort, kindOf, onlyAsks, type WatchTerms } from '../answers/answer-watch';
import { isRefusal } from '../answers/response-with';
import { StreamStart } from '../answers/stream-start';
import { idsInWhole } from '../affinity/passing-ids';
import type { AttemptContext } from '../attempt-context';
import { AttemptFailure } from '../failures/classify-attempt';
import type { TimeLimit } from '../waiting/time-limits';
import { HandOnTimer, holdBackStream, wholeJson, type StreamFailure } from './answer-start';
import { CallerResponses } from './caller-responses';
import { keyDestination } from './key-destination';
import type { FetchTerms } from './managed-request';
import { send } from './send';

/** The caller's stream broke, or its function threw, which says nothing of any key. */
const UNREADABLE_BODY: CheckedClassification = Object.freeze({
  outcome: 'bad_request',
  reason: ownWords`the request's body could not be read`,
  decidedBy: 'transport',
});

/** One attempt of the managed fetch: gives the vendor's answer, once it is certain that it is one. */
export class ManagedAttempt {
  readonly #handOnTimer: HandOnTimer;
  readonly #responses: CallerResponses;
  #firstByte: TimeLimit | undefined;
  #silence: TimeLimit | undefined;

  constructor(
    private readonly terms: FetchTerms,
    private readonly context: AttemptContext,
  ) {
    this.#handOnTimer = new HandOnTimer(terms.settings.clock);
    this.#responses = new CallerResponses(terms, context);
    if (terms.size) context.size = terms.size;
  }

  /** @throws AttemptFailure always, when it fails */
  async run(): Promise<Response> {
    const { context, terms } = this;
    const { firstByteTimeoutMs, request, settings } = terms;
    if (firstByteTimeoutMs < Infinity) {
      // Made before the request is, which then carries it.
      context.openSignal();
      this.#firstByte = settings.limits.at(context.startedAt + firstByteTimeoutMs, () =>
        context.abort(new DOMException('The vendor did not begin to answer in time.', 'TimeoutError')),
      );
    }
    try {
      const destination = keyDestination(request, terms, context.candidate.record.route);
      const response = await send(destination, terms, context);
      context.answered(response.headers);
      return await this.#answer(response);
    } catch (error) {
      if (error instanceof AttemptFailure) throw error;
      const { failure } = request.body;
      if (failure) throw new AttemptFailure({ error: failure.error, classification: UNREADABLE_BODY });
      throw new AttemptFailure({ evidence: this.#thrown(error), error, final: request.body.once });
    } finally {
      this.#firstByte?.cancel();
      this.#silence?.cancel();
      this.#handOnTimer.cancel();
    }
  }

  async #answer(response: Response): Promise<Response> {
    const { context, terms } = this;
    if (isRefusal(response, terms.request.redirect)) {
      const taken = await takeEvidence(response, { ...context.evidenceContext(), signal: context.signal });
      throw this.#failure(taken.evidence, this.#responses.refusal(response, taken));
    }
    if (response.body === null) return this.#accepted(this.#responses.bodiless(response));
    const source = new BodySource(response.body);
    // A redirect that the caller wants to see: its body is rarely looked at.
    if (!response.ok) return this.#accepted(this.#responses.unwatched(response, source));
    const kind = kindOf(response.headers);
    const watchTerms: WatchTerms = {
      headers: response.headers,
      evidence: () => context.evidenceContext(),
      usage: context.usageSeen,
      ids: terms.answerIds && { of: terms.answerIds, keyId: context.keyId },
      asked: onlyAsks(terms.request.method),
    };
    if (kind === 'json' || (kind === 'other' && isShort(response.headers))) {
      const held = { source, peek: () => this.#peek(source), timer: this.#handOnTimer };
      const body = await wholeJson(held, terms.holdBackMs);
      if (body) return this.#whole(response, body, watchTerms);
    } else if (kind === 'events') {
      const failure = await this.#holdBack(source);
      if (failure)
        throw this.#failure(
          this.#streamEvidence(failure, response.headers),
          this.#responses.unwatched(response, source),
        );
    }
    return this.#accepted(this.#responses.streaming(response, source, AnswerWatch.for(watchTerms)));
  }

  /** Holds an event stream back until it is certain to be an answer, or the caller is to see that it is coming. */
  #holdBack(source: BodySource): Promise<StreamFailure | undefined> {
    const { holdBackMs, firstByteTimeoutMs, request, vendor } = this.terms;
    // A caller who states when the first bytes must have come wants another key asked then.
    const waitsForFirstByte = firstByteTimeoutMs < Infinity;
    if (!waitsForFirstByte) this.#handOnTimer.expireIn(holdBackMs);
    let isFirst = true;
    const peek = async (): Promise<Chunk> => {
      const chunk = await this.#peek(source);
      if (isFirst && waitsForFirstByte) this.#handOnTimer.expireIn(holdBackMs);
      isFirst = false;
      this.#firstByte?.cancel();
      return chunk;
    };
    const start = new StreamStart(vendor.streamBeginning, request.isBackground);
    return holdBackStream({ source, peek, timer: this.#handOnTimer }, start);
  }

  /** JSON, and what states that it is short, is read whole, so that an answer that breaks off or reports a failure can be asked for again. */
  #whole(response: Response, body: Buffer, watchTerms: WatchTerms): Response {
    const evidence = failureIn(body, watchTerms);
    if (evidence) throw this.#failure(evidence, this.#responses.whole(response, body));
    if (watchTerms.ids) idsInWhole(watchTerms.ids.of, body, watchTerms.ids.keyId);
    if (watchTerms.usage) {
      const { usage, model } = usageInBody(body, watchTerms.usage.reader);
      this.context.book(usage, true, model);
    }
    return this.#accepted(this.#responses.whole(response, body));
  }

  /** The next chunk, unless the vendor is silent for too long. */
  async #peek(source: BodySource): Promise<Chunk> {
    const { idleTimeoutMs, settings } = this.terms;
    if (idleTimeoutMs === Infinity) return source.peek();
    // Not by the signal: a request that nothing else ends has none.
    this.#silence ??= settings.limits.at(settings.clock.now() + idleTimeoutMs, () =>
      source.fail(new DOMException('The stream has been silent for too long.', 'TimeoutError')),
    );
    try {
      const chunk = await source.peek();
      // The read that was under way when the source failed ends as at a proper end: the next one tells.
      return chunk.done ? await source.peek() : chunk;
    } finally {
      this.#silence.cancel();
      this.#silence = undefined;
    }
  }

  #accepted(response: Response): Response {
    const { context, terms } = this;
    if (context.settled) {
      cancelBody(response.body);
      throw new AttemptFailure({ error: context.signal.reason });
    }
    context.accepted(terms.settings.clock.now());
    return response;
  }

  #failure(evidence: VendorError, response: Response): AttemptFailure {
    return new AttemptFailure({ evidence, response, final: this.terms.request.body.once });
  }

  /** The evidence of a stream that failed before its first content. */
  #streamEvidence(failure: StreamFailure, headers: Headers): VendorError {
    switch (failure.kind) {
      case 'event':
        return vendorErrorFromStreamEvent(failure.event.data, headers, this.context.evidenceContext());
      case 'broken':
        return this.#thrown(failure.error);
      case 'empty':
        return vendorErrorFrom(new TypeError('premature close'), this.context.evidenceContext());
    }
  }

  #thrown(error: unknown): VendorError {
    const callerAborted = this.terms.signals.some(({ aborted }) => aborted);
    return vendorErrorFrom(error, { ...this.context.evidenceContext(), callerAborted });
  }
}
