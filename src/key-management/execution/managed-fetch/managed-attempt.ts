import type { Classification } from '../../classification/classification';
import { takeEvidence, vendorErrorFrom, vendorErrorFromStreamEvent } from '../../classification/error-evidence';
import type { VendorError } from '../../classification/vendor-error';
import type { PoolLease } from '../../pool/key-lease';
import type { CredentialPlace } from '../../vendors/vendor-knowledge';
import { AttemptFailure } from '../attempt-failure';
import type { AttemptContext } from '../call-context';
import type { ExecutionSettings, ProviderLine } from '../execution-settings';
import { tokensIn } from '../token-usage';
import { holdBack, replayed, type ChunkReader, type HeldStream } from './hold-back';
import type { InterimAnswers } from './interim-answers';
import type { ManagedRequest } from './managed-request';
import { ManagedStream } from './managed-stream';
import { withBody } from './response-copies';
import { send } from './send';

/** What one call of the managed fetch goes by. */
export interface FetchTerms {
  readonly line: ProviderLine;
  readonly settings: ExecutionSettings;
  readonly credential: CredentialPlace;
  /** Where keys may go. */
  readonly baseUrls: readonly string[];
  readonly request: ManagedRequest;
  readonly interim: InterimAnswers;
  /** The caller's. */
  readonly signal: AbortSignal | undefined;
  /** Milliseconds. */
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** An answer for the caller. A streamed one keeps the lease. */
export interface Answered {
  readonly response: Response;
  readonly stream?: ManagedStream;
}

/** The caller's stream broke, or its function threw: no word on any key. */
const UNREADABLE_BODY: Classification = Object.freeze({
  outcome: 'bad_request',
  reason: "the request's body could not be read",
  decidedBy: 'transport',
});

/**
 * One attempt: the vendor's answer, once it is certain that it is one.
 * @throws AttemptFailure always, when it fails
 */
export async function managedAttempt(terms: FetchTerms, context: AttemptContext): Promise<Answered> {
  const { settings, request } = terms;
  const timedOut = (): void => {
    context.abort(new DOMException('The vendor did not begin to answer in time.', 'TimeoutError'));
  };
  const { firstByteTimeoutMs } = terms;
  const firstByte =
    firstByteTimeoutMs === Infinity ? undefined : settings.limits.at(context.startedAt + firstByteTimeoutMs, timedOut);
  try {
    const signal = terms.signal ? AbortSignal.any([terms.signal, context.signal]) : context.signal;
    const response = await send(request, terms, context.apiKey, signal);
    context.answered(response.headers);
    if (!response.ok && response.status !== 304 && !(response.status < 400 && request.redirect === 'manual')) {
      const { evidence, body } = await takeEvidence(response, { ...evidenceContext(terms, context), signal });
      const answer = body === null ? response : withBody(response, body);
      throw new AttemptFailure({ evidence, response: answer, final: request.body.once });
    }
    if (!isEventStream(response)) {
      if (context.countsTokens) countTokens(response, context);
      return { response };
    }
    return await opened(terms, context, response, () => firstByte?.cancel());
  } catch (error) {
    if (error instanceof AttemptFailure) throw error;
    const { failure } = request.body;
    if (failure) throw new AttemptFailure({ error: failure.error, verdict: UNREADABLE_BODY });
    const callerAborted = terms.signal?.aborted ?? false;
    const evidence = vendorErrorFrom(error, { ...evidenceContext(terms, context), callerAborted });
    throw new AttemptFailure({ evidence, error, final: request.body.once });
  } finally {
    firstByte?.cancel();
  }
}

async function opened(
  terms: FetchTerms,
  context: AttemptContext,
  response: Response,
  begun: () => void,
): Promise<Answered> {
  const reader: ChunkReader = response.body!.getReader();
  const held = await holdBack(async () => {
    const chunk = await readWithin(reader, terms, context);
    begun();
    return chunk;
  });
  if (held.failure) {
    const evidence = streamEvidence(held, response.headers, terms, context);
    const answer = withBody(response, replayed(held, reader));
    throw new AttemptFailure({ evidence, response: answer, final: terms.request.body.once });
  }
  if (context.settled) {
    void reader.cancel().catch(() => undefined);
    throw new AttemptFailure({ error: context.signal.reason });
  }
  const stream = new ManagedStream(reader, held, {
    lease: context,
    classifier: terms.line.classifier,
    clock: terms.settings.clock,
    limits: terms.settings.limits,
    idleTimeoutMs: terms.idleTimeoutMs,
    signal: terms.signal,
    headers: response.headers,
    abort: (reason) => {
      context.abort(reason);
    },
  });
  context.keepsLease = true;
  return { response: withBody(response, stream.body), stream };
}

function readWithin(reader: ChunkReader, { settings, idleTimeoutMs }: FetchTerms, context: AttemptContext) {
  if (idleTimeoutMs === Infinity) return reader.read();
  const limit = settings.limits.at(settings.clock.now() + idleTimeoutMs, () => {
    context.abort(new DOMException('The stream has been silent for too long.', 'TimeoutError'));
  });
  return reader.read().finally(() => {
    limit.cancel();
  });
}

/** Evidence for a stream that failed before its first content. */
function streamEvidence(
  { failure }: HeldStream,
  headers: Headers,
  terms: FetchTerms,
  context: AttemptContext,
): VendorError {
  const about = evidenceContext(terms, context);
  switch (failure?.kind) {
    case 'event':
      return vendorErrorFromStreamEvent(failure.event.data, headers, about);
    case 'broken':
      return vendorErrorFrom(failure.error, { ...about, callerAborted: terms.signal?.aborted ?? false });
    default:
      return vendorErrorFrom(new TypeError('premature close'), about);
  }
}

const evidenceContext = ({ settings }: FetchTerms, { apiKey }: AttemptContext) => ({
  phase: 'http' as const,
  now: settings.clock.now(),
  secrets: [apiKey],
});

/** Reads a copy of the answer for what it says of tokens, behind the caller's back. */
function countTokens(response: Response, lease: PoolLease): void {
  response
    .clone()
    .json()
    .then(
      (body: unknown) => {
        lease.used(tokensIn(body));
      },
      () => undefined,
    );
}

const isEventStream = (response: Response): boolean =>
  response.body !== null && /^text\/event-stream\b/i.test(response.headers.get('content-type') ?? '');
