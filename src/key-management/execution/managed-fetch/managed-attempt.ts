import type { CheckedClassification } from '../../classification/classification';
import { ownWords } from '../../classification/redaction/redact';
import {
  takeEvidence,
  vendorErrorFrom,
  vendorErrorFromStreamEvent,
} from '../../classification/evidence/error-evidence';
import { mayReportFailure } from '../../classification/evidence/body-facts';
import type { VendorError } from '../../classification/evidence/vendor-error';
import { BodySource } from '../../common/body-source';
import { cancelBody, cancelResponseBody } from '../../common/cancel-response-body';
import { usageInBody } from '../../usage/passing-usage';
import { AnswerWatch, failureIn, isShort, kindOf, onlyAsks, type FailureTerms } from '../answers/answer-watch';
import { isRefusal, type VendorAnswer } from '../answers/response-with';
import { StreamStart } from '../answers/stream-start';
import { idsInWhole } from '../affinity/passing-ids';
import type { AttemptContext } from '../attempt-context';
import { AttemptFailure } from '../failures/classify-attempt';
import type { TimeLimit } from '../waiting/time-limits';
import {
  HandOnTimer,
  holdBackStream,
  SilenceLimit,
  wholeJson,
  type HeldAnswer,
  type StreamFailure,
} from './answer-start';
import { CallerResponses } from './caller-responses';
import { withoutKey } from './failed-call-response';
import { keyDestination } from './key-destination';
import type { FetchTerms } from './managed-request';
import { send } from './send';

/** The caller's stream broke, or its function threw, which says nothing of any key. */
const UNREADABLE_BODY: CheckedClassification = Object.freeze({
  outcome: 'bad_request',
  reason: ownWords`the request's body could not be read`,
  decidedBy: 'transport',
});

/** What the call of the executor returns: wrapped, since a bare `Response` would be judged by its status. */
export interface Answered {
  readonly response: Response;
}

/** One attempt of the managed fetch: gives the vendor's answer, once it is certain that it is one. */
export class ManagedAttempt {
  readonly #responses: CallerResponses;
  #firstByte: TimeLimit | undefined;
  #held: HeldAnswer | undefined;

  constructor(
    private readonly terms: FetchTerms,
    private readonly context: AttemptContext,
  ) {
    this.#responses = new CallerResponses(terms, context);
    if (terms.size) context.size = terms.size;
  }

  /** @throws AttemptFailure always, when it fails */
  async run(): Promise<Answered> {
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
      return { response: this.#accepted(await this.#answer(response)) };
    } catch (error) {
      throw this.#failed(error);
    } finally {
      this.#firstByte?.cancel();
      this.#held?.silence.cancel();
      this.#held?.timer.cancel();
    }
  }

  /** The failure without the key in it. The caller may get its answer, if no other attempt is made. */
  #failed(error: unknown): AttemptFailure {
    const { facts } = error instanceof AttemptFailure ? error : this.#failureBy(error);
    if (facts.response) {
      cancelResponseBody(this.terms.refused);
      this.terms.refused = facts.response;
    }
    if (facts.error === undefined) return new AttemptFailure(facts);
    return new AttemptFailure({ ...facts, error: withoutKey(facts.error, this.context.apiKey) });
  }

  #failureBy(error: unknown): AttemptFailure {
    const { failure, once } = this.terms.request.body;
    if (failure) return new AttemptFailure({ error: failure.error, classification: UNREADABLE_BODY });
    return new AttemptFailure({ evidence: this.#thrown(error), error, final: once });
  }

  /** At once, or when as much of it has come as it takes to tell. */
  #answer(response: VendorAnswer): Response | Promise<Response> {
    if (isRefusal(response, this.terms.request.redirect)) return this.#refused(response);
    const { body, headers } = response;
    if (body === null) return this.#responses.bodiless(response);
    const source = new BodySource(body);
    // A redirect that the caller wants to see: its body is rarely looked at.
    if (!response.ok) return this.#responses.unwatched(response, source);
    const kind = kindOf(headers);
    if (kind === 'json' || (kind === 'other' && isShort(headers)))
      return wholeJson(this.#hold(source), this.terms.holdBackMs).then((whole) =>
        whole ? this.#whole(response, whole) : this.#streaming(response, source),
      );
    if (kind === 'other') return this.#streaming(response, source);
    return this.#holdBack(source).then((failure) => {
      if (failure === undefined) return this.#streaming(response, source);
      throw this.#failure(this.#streamEvidence(failure, headers), this.#responses.unwatched(response, source));
    });
  }

  async #refused(response: VendorAnswer): Promise<never> {
    const { context } = this;
    const taken = await takeEvidence(response, { ...context.evidenceContext(), signal: context.signal });
    throw this.#failure(taken.evidence, this.#responses.refusal(response, taken));
  }

  #streaming(response: VendorAnswer, source: BodySource): Response {
    const { answerIds } = this.terms;
    const watch = AnswerWatch.for({
      ...this.#failureTerms(response.headers),
      usage: this.context.usageSeen,
      ids: answerIds && { of: answerIds, keyId: this.context.keyId },
    });
    return this.#responses.streaming(response, source, watch);
  }

  #failureTerms(headers: Headers): FailureTerms {
    return { headers, evidence: () => this.context.evidenceContext(), asked: onlyAsks(this.terms.request.method) };
  }

  #hold(source: BodySource, onFirst?: () => void): HeldAnswer {
    const { idleTimeoutMs, settings } = this.terms;
    const silence = new SilenceLimit(source, idleTimeoutMs, settings);
    return (this.#held = { source, silence, timer: new HandOnTimer(settings.clock), onFirst });
  }

  /** Holds an event stream back until it is certain to be an answer, or the caller is to see that it is coming. */
  #holdBack(source: BodySource): Promise<StreamFailure | undefined> {
    const { holdBackMs, firstByteTimeoutMs, request, vendor } = this.terms;
    // A caller who states when the first bytes must have come wants another key asked then.
    const waitsForFirstByte = firstByteTimeoutMs < Infinity;
    const held = this.#hold(source, () => {
      if (waitsForFirstByte) held.timer.expireIn(holdBackMs);
      this.#firstByte?.cancel();
    });
    if (!waitsForFirstByte) held.timer.expireIn(holdBackMs);
    return holdBackStream(held, new StreamStart(vendor.streamBeginning, request.isBackground));
  }

  /** JSON, and what states that it is short, is read whole, so that an answer that breaks off or reports a failure can be asked for again. */
  #whole(response: VendorAnswer, body: Buffer): Response {
    const { context, terms } = this;
    const text = body.toString('latin1');
    const answer = this.#responses.whole(response, body, text);
    if (mayReportFailure(text)) {
      const evidence = failureIn(body, this.#failureTerms(response.headers));
      if (evidence) throw this.#failure(evidence, answer);
    }
    if (terms.answerIds) idsInWhole(terms.answerIds, text, context.keyId);
    const meter = terms.settings.meterOf?.(context.candidate.record.provider);
    if (meter) {
      const used = usageInBody(text, meter.reader);
      context.book(used.usage, true, used);
    }
    return answer;
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
