import type { FetchTerms } from './managed-request';
import { ownWords } from '../../classification/redaction/redact';
import type { CheckedClassification } from '../../classification/classification';
import {
  takeEvidence,
  vendorErrorFrom,
  vendorErrorFromStreamEvent,
  type EvidenceContext,
} from '../../classification/evidence/error-evidence';
import type { VendorError } from '../../classification/evidence/vendor-error';
import { AnswerWatch, failureIn, isShort, kindOf, onlyAsks, type WatchTerms } from '../answers/answer-watch';
import { BodySource, type Chunk } from '../answers/body-source';
import { isRefusal } from '../answers/response-copies';
import { AttemptFailure } from '../failures/attempt-failure';
import type { AttemptContext } from '../attempt-context';
import type { TimeLimit } from '../waiting/time-limits';
import { tokensIn } from '../answers/token-usage';
import { HandedOn } from './handed-on';
import { holdBack, Patience, type HeldStream } from './stream-start';
import { send } from './send';
import { wholeJson } from './whole-json';

/** The caller's stream broke, or its function threw: no word on any key. */
const UNREADABLE_BODY: CheckedClassification = Object.freeze({
  outcome: 'bad_request',
  reason: ownWords`the request's body could not be read`,
  decidedBy: 'transport',
});

/** One attempt: the vendor's answer, once it is certain that it is one. */
export class ManagedAttempt {
  readonly #patience: Patience;
  readonly #handedOn: HandedOn;
  #silence: TimeLimit | undefined;

  constructor(
    private readonly terms: FetchTerms,
    private readonly context: AttemptContext,
  ) {
    this.#patience = new Patience(terms.settings.clock);
    this.#handedOn = new HandedOn(terms, context, this.#evidence);
  }

  /** @throws AttemptFailure always, when it fails */
  async run(): Promise<Response> {
    const { context, terms } = this;
    const { limits } = terms.settings;
    const { firstByteTimeoutMs, request } = terms;
    const firstByte =
      firstByteTimeoutMs === Infinity
        ? undefined
        : limits.at(context.startedAt + firstByteTimeoutMs, () => {
            context.abort(new DOMException('The vendor did not begin to answer in time.', 'TimeoutError'));
          });
    try {
      const response = await send(request, terms, context.apiKey, context.signal);
      context.answered(response.headers);
      return await this.#answer(response, firstByte);
    } catch (error) {
      if (error instanceof AttemptFailure) throw error;
      const { failure } = request.body;
      if (failure) throw new AttemptFailure({ error: failure.error, verdict: UNREADABLE_BODY });
      throw new AttemptFailure({ evidence: this.#thrown(error), error, final: request.body.once });
    } finally {
      firstByte?.cancel();
      this.#silence?.cancel();
      this.#patience.cancel();
    }
  }

  async #answer(response: Response, firstByte: TimeLimit | undefined): Promise<Response> {
    const { context, terms } = this;
    if (isRefusal(response, terms.request.redirect)) {
      const taken = await takeEvidence(response, { ...this.#evidence(), signal: context.signal });
      throw this.#failure(taken.evidence, this.#handedOn.refusal(response, taken));
    }
    if (response.body === null) return this.#accepted(this.#handedOn.bodiless(response));
    // A redirect that the caller wants to see: its body is rarely looked at.
    if (!response.ok) return this.#accepted(this.#handedOn.given(response, new BodySource(response.body)));
    const watched = this.#watchTerms(response);
    const kind = kindOf(response.headers);
    if (kind === 'json' || (kind === 'other' && isShort(response.headers))) return this.#whole(response, watched);
    const source = new BodySource(response.body);
    if (kind === 'events') {
      const failed = await this.#held(source, firstByte);
      if (failed)
        throw this.#failure(this.#streamEvidence(failed, response.headers), this.#handedOn.given(response, source));
    }
    return this.#accepted(this.#handedOn.passing(response, source, AnswerWatch.for(watched)));
  }

  /** Holds an event stream back until it is certain to be an answer, or the caller is to see that it is coming. */
  async #held(source: BodySource, firstByte: TimeLimit | undefined): Promise<HeldStream | undefined> {
    const { holdBackMs, firstByteTimeoutMs, request } = this.terms;
    // Who states when the first bytes must have come wants another key asked then.
    if (firstByteTimeoutMs === Infinity) this.#patience.endIn(holdBackMs);
    let isFirst = true;
    const read = async (): Promise<Chunk> => {
      const chunk = await this.#peek(source);
      if (isFirst && firstByteTimeoutMs !== Infinity) this.#patience.endIn(holdBackMs);
      isFirst = false;
      firstByte?.cancel();
      return chunk;
    };
    const held = await holdBack(source, read, this.#patience, request.isBackground);
    source.giveBack(held.held);
    return held.failure && held;
  }

  /** JSON, and what says that it is short, is read whole, so that an answer that breaks off or reports a failure can be asked for again. */
  async #whole(response: Response, watched: WatchTerms): Promise<Response> {
    const source = new BodySource(response.body!);
    const begun = await wholeJson(source, () => this.#peek(source), this.#patience, this.terms.holdBackMs);
    if (!begun.whole) {
      source.giveBack(begun.chunks);
      return this.#accepted(this.#handedOn.passing(response, source, AnswerWatch.for(watched)));
    }
    const body = begun.whole;
    const evidence = failureIn(body, watched);
    if (evidence) throw this.#failure(evidence, this.#handedOn.whole(response, body));
    if (watched.countsTokens) this.context.used(tokensIn(parsed(body)));
    return this.#accepted(this.#handedOn.whole(response, body));
  }

  /** The next chunk, unless the vendor is silent for too long. */
  async #peek(source: BodySource): Promise<Chunk> {
    const { idleTimeoutMs, settings } = this.terms;
    if (idleTimeoutMs === Infinity) return source.peek();
    this.#silence ??= settings.limits.at(settings.clock.now() + idleTimeoutMs, () => {
      this.context.abort(new DOMException('The stream has been silent for too long.', 'TimeoutError'));
    });
    try {
      return await source.peek();
    } finally {
      this.#silence.cancel();
      this.#silence = undefined;
    }
  }

  #accepted(response: Response): Response {
    const { context, terms } = this;
    if (context.settled) {
      void response.body?.cancel().catch(() => undefined);
      throw new AttemptFailure({ error: context.signal.reason });
    }
    context.accepted(terms.settings.clock.now());
    return response;
  }

  #failure(evidence: VendorError, response: Response): AttemptFailure {
    return new AttemptFailure({ evidence, response, final: this.terms.request.body.once });
  }

  /** Evidence for a stream that failed before its first content. */
  #streamEvidence({ failure }: HeldStream, headers: Headers): VendorError {
    switch (failure?.kind) {
      case 'event':
        return vendorErrorFromStreamEvent(failure.event.data, headers, this.#evidence());
      case 'broken':
        return this.#thrown(failure.error);
      default:
        return vendorErrorFrom(new TypeError('premature close'), this.#evidence());
    }
  }

  #thrown(error: unknown): VendorError {
    const callerAborted = this.terms.signals.some(({ aborted }) => aborted);
    return vendorErrorFrom(error, { ...this.#evidence(), callerAborted });
  }

  #watchTerms({ headers }: Response): WatchTerms {
    const asked = onlyAsks(this.terms.request.method);
    return { headers, evidence: this.#evidence, countsTokens: this.context.countsTokens, asked };
  }

  readonly #evidence = (): EvidenceContext => ({
    phase: 'http',
    now: this.terms.settings.clock.now(),
    secrets: [this.context.apiKey],
  });
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
