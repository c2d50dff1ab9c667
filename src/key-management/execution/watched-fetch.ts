import { FollowingSignal } from '../common/abort-followers';
import { takeEvidence, type EvidenceContext } from '../classification/evidence/error-evidence';
import { AnswerBody } from './answers/answer-body';
import { AnswerWatch, isShort, onlyAsks } from './answers/answer-watch';
import { BodySource } from './answers/body-source';
import { isRefusal, withBody } from './answers/response-copies';
import type { AttemptContext } from './attempt-context';
import type { FetchRedirect } from '../common/fetch-types';

/** Milliseconds that a vendor may be silent, as Node's own fetch has it. */
export const IDLE_TIMEOUT_MS = 300_000;

/**
 * The global fetch for one attempt: under its signal and time limits to the end of each body, and watched, so that the pool sees the
 * vendor's rate-limit headers and the executor what the answers were, whatever the caller's function makes of them.
 */
export function watchedFetch(context: AttemptContext): typeof globalThis.fetch {
  return async (input, init) => {
    context.requested(input, init);
    const given = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    // SDKs always bring a signal of their own; the attempt's time limits must reach the request all the same.
    const request = new FollowingSignal(given ? [context.signal, given] : [context.signal]);
    try {
      const response = await globalThis.fetch(input, { ...init, signal: request.signal });
      context.answered(response.headers);
      return await watched(context, response, given ?? undefined, requestKind(input, init), request.signal);
    } finally {
      request.cancelResponseBody();
    }
  };
}

async function watched(
  context: AttemptContext,
  response: Response,
  given: AbortSignal | undefined,
  { asked, redirect }: RequestKind,
  requestSignal: AbortSignal,
): Promise<Response> {
  const { settings, bounds, openAnswers: answers } = context;
  if (!settings) return response;
  const { clock } = settings;
  const evidence = (): EvidenceContext => ({ phase: 'http', now: clock.now(), secrets: [context.apiKey] });
  let body: ReadableStream<Uint8Array> | null = response.body;
  answers.lastFailure = undefined;
  if (isRefusal(response, redirect)) {
    const taken = await takeEvidence(response, { ...evidence(), signal: requestSignal });
    answers.lastFailure = taken.evidence;
    body = taken.body;
    // It is all here already.
    if (body !== null && taken.text !== undefined) return withBody(response, body);
  } else context.accepted(clock.now());
  if (body === null) return response;
  const { headers } = response;
  const watch = response.ok
    ? AnswerWatch.for({ headers, evidence, countsTokens: context.countsTokens, asked })
    : undefined;
  const ended = context.settled ? () => undefined : answers.opened(watch, !isShort(headers));
  const signals = [context.signal, given, bounds?.signal].filter((signal) => signal !== undefined);
  const passing = AnswerBody.open(new BodySource(body), {
    clock,
    limits: settings.limits,
    bodies: settings.bodies,
    signals,
    endsAt: bounds?.callEndsAt ?? Infinity,
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    evidence,
    watch,
    settled: ended,
  });
  if (!isShort(headers)) answers.passing(passing);
  return withBody(response, passing);
}

interface RequestKind {
  /** It asks only for something that exists. */
  readonly asked: boolean;
  readonly redirect: FetchRedirect;
}

function requestKind(input: Parameters<typeof fetch>[0], init: RequestInit | undefined): RequestKind {
  const request = input instanceof Request ? input : undefined;
  const method = init?.method ?? request?.method ?? 'GET';
  return { asked: onlyAsks(method), redirect: init?.redirect ?? request?.redirect ?? 'follow' };
}
