import { context, SpanKind, SpanStatusCode, trace, type Context, type Span, type Tracer } from '@opentelemetry/api';
import type { Outcome } from '../vendors/contract/outcome';
import { ATTRIBUTE, subjectAttributes, type TracedSubject } from './span-attributes';

/** The key of an attempt as a trace may show it: masked. */
export interface TracedKey {
  readonly keyId: string;
  readonly maskedKey: string;
  /** The vendor account that it shares with others, where that is known. */
  readonly account?: string | undefined;
}

/** How an attempt ended. */
export interface TracedEnd {
  readonly outcome: Outcome;
  /** HTTP status of the vendor's answer. */
  readonly status?: number;
  readonly reason?: string;
  /** Milliseconds waited before the attempt. */
  readonly waitedMs: number;
}

/** The spans of one managed call: a span for the call, and a child span for each attempt. */
export class CallTrace {
  readonly #span: Span;
  readonly #context: Context;
  #attempt: Span | undefined;
  #attempts = 0;

  constructor(
    private readonly tracer: Tracer,
    private readonly subject: TracedSubject,
  ) {
    const parent = context.active();
    const attributes = subjectAttributes(subject);
    this.#span = tracer.startSpan(`ai_keys.call ${subject.provider}`, { kind: SpanKind.INTERNAL, attributes }, parent);
    this.#context = trace.setSpan(parent, this.#span);
  }

  /** Runs one attempt inside its span, so that spans of SDKs and HTTP clients become its children. */
  attempt<T>({ keyId, maskedKey, account }: TracedKey, run: () => T): T {
    this.#attempts += 1;
    const attributes = {
      ...subjectAttributes(this.subject),
      [ATTRIBUTE.keyId]: keyId,
      [ATTRIBUTE.maskedKey]: maskedKey,
      [ATTRIBUTE.attempt]: this.#attempts,
      ...(account !== undefined && { [ATTRIBUTE.account]: account }),
    };
    const name = `ai_keys.attempt ${this.subject.provider}`;
    const span = this.tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, this.#context);
    this.#attempt = span;
    return context.with(trace.setSpan(this.#context, span), run);
  }

  /** Ends the span of the attempt under way. */
  attemptEnded({ outcome, status, reason, waitedMs }: TracedEnd): void {
    const span = this.#attempt;
    this.#attempt = undefined;
    if (!span) return;
    span.setAttributes({ [ATTRIBUTE.outcome]: outcome, [ATTRIBUTE.waitedMs]: waitedMs });
    if (status !== undefined) span.setAttribute(ATTRIBUTE.status, status);
    if (outcome !== 'ok') {
      span.setAttribute(ATTRIBUTE.errorType, outcome);
      if (reason !== undefined) span.setAttribute(ATTRIBUTE.reason, reason);
      span.setStatus({ code: SpanStatusCode.ERROR, message: reason });
    }
    span.end();
  }

  /**
   * Ends the span of the call.
   * @param code The code of the error that the call failed with.
   * @param affinity Where its affinity led it.
   */
  ended(attempts: number, code?: string, affinity?: 'kept' | 'moved'): void {
    this.#span.setAttribute(ATTRIBUTE.attempts, attempts);
    if (affinity !== undefined) this.#span.setAttribute(ATTRIBUTE.affinity, affinity);
    if (code !== undefined) {
      this.#span.setAttribute(ATTRIBUTE.errorType, code);
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.#span.end();
  }
}
