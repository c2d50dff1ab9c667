import { buildVendorError, evidenceOf, type EvidenceContext } from './answer-evidence';
import { hasErrorEnvelope, noFacts } from './body-facts';
import { jsonIn, parseBody, type Tree } from './body-tree';
import { read } from './safe-read';
import { answerIn, type FoundAnswer } from './thrown-error';
import { transportKindOf, type Transport } from './transport-kind';
import type { VendorError } from './vendor-error';

export type { EvidenceContext } from './answer-evidence';
export { takeEvidence, vendorErrorFromResponse, type TakenEvidence } from './response-evidence';

/**
 * The evidence in anything thrown: errors of the official SDKs, of axios, undici and fetch, plain objects, strings, error
 * events of streams and sockets. Never throws. An answer of the vendor outweighs an abort or a time limit that came at the same moment.
 *
 * For calls that neither `execute` nor the managed fetch can make, as sessions over a WebSocket: what `classifyError` of a checker makes of it
 * settles the lease.
 *
 * @param thrown An answer that an own client met is `{ status, headers, body }`; an event is the event itself or its JSON text.
 * @param context What is known besides. Name the key in `secrets`, so that no echo of it gets into the evidence.
 * @returns Evidence that holds no key named in `secrets`. Times are in milliseconds.
 * @example
 * lease.settle(registry.get('openai').classifyError(vendorErrorFrom(error, { secrets: [lease.apiKey], now: Date.now() })));
 */
export function vendorErrorFrom(thrown: unknown, context: EvidenceContext = {}): VendorError {
  try {
    const answer = answerIn(thrown);
    return answer && !brokeOff(answer, thrown) ? evidenceOf(answer, context) : withoutAnswer(thrown, context);
  } catch {
    return withoutAnswer(undefined, context);
  }
}

/** A good answer that broke off proves nothing, but what broke it does: the Vercel AI SDK puts both into one error. */
function brokeOff({ status, body }: FoundAnswer, thrown: unknown): boolean {
  if (status === undefined || status < 200 || status > 299) return false;
  if (body.kind === 'json' && hasErrorEnvelope(body.value)) return false;
  return transportKindOf(thrown) !== undefined;
}

function withoutAnswer(thrown: unknown, context: EvidenceContext): VendorError {
  const transport = transportOf(thrown, context);
  const said = typeof thrown === 'string' ? thrown : read(thrown, 'message');
  const facts = { ...noFacts(), message: typeof said === 'string' ? said : '' };
  const phase = transport ? 'transport' : (context.phase ?? 'http');
  const meta = { phase, status: undefined, httpStatus: undefined, bodyKind: 'none', transport } as const;
  // The message is the program's own: no vendor states anything in it.
  return { ...buildVendorError(facts, meta, context), statedWait: undefined, notBefore: undefined };
}

function transportOf(thrown: unknown, context: EvidenceContext): Transport | undefined {
  if (context.callerAborted) return 'cancelled';
  if (context.timedOut) return 'timeout';
  const kind = transportKindOf(thrown);
  if (kind !== 'aborted') return kind;
  // An abort that is known not to be the caller's is an SDK's own time limit (js-genai aborts for it).
  return context.callerAborted === false ? 'timeout' : 'cancelled';
}

/** Whether the text after `data:` of a stream's event reports a failure. */
export const isStreamError = (data: string): boolean => hasErrorEnvelope(jsonIn(data));

/**
 * The evidence in an error event of an HTTP 200 stream: the parsed event, its JSON text, or whole server-sent events, of which
 * the last error counts.
 */
export function vendorErrorFromStreamEvent(
  data: unknown,
  headers: unknown = {},
  context: EvidenceContext = {},
): VendorError {
  const body = parseBody(typeof data === 'string' ? eventIn(data) : data);
  return evidenceOf({ status: 200, headers, body }, { ...context, phase: 'stream' });
}

function eventIn(text: string): Tree {
  const whole = jsonIn(text);
  if (whole !== undefined) return whole;
  const payloads = text
    .split('\n', 1_000)
    .filter((line) => line.startsWith('data:'))
    .map((line) => jsonIn(line.slice(5)));
  return payloads.findLast(hasErrorEnvelope) ?? payloads.at(-1);
}
