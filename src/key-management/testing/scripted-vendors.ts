import { types } from 'node:util';
import type { BaseHealthChecker, HealthResult, ProbeDepth } from '../checkers/base-health-checker';
import type { HealthCheckerRegistry } from '../checkers/health-checker.registry';
import type { Prober, VendorAccess, VendorFetch } from '../checkers/vendor-access';
import type { Clock } from '../common/clock';
import { getOrCreate } from '../common/get-or-create';
import { keyIdOf } from '../pool/key/api-key';
import { namedAnswer, type Parties } from './named-answers';
import type { ScriptBook } from './script-book';
import type { ScriptedAnswer, ScriptedOutcome, ScriptedStream } from './scripted-answer';
import type { ScriptedCall } from './scripted-call';
import { scriptedRequest, type ScriptedRequest } from './scripted-request';
import { VendorVoice, type VoicedRequest } from './simulator';

const RETRY_AFTER_MS = 1_000;
/** What a light probe does not show: a key in these states still lists models. */
const BILLED: ReadonlySet<ScriptedOutcome> = new Set([
  'quota_exceeded',
  'rate_limited',
  'model_unavailable',
  'content_blocked',
  'bad_request',
  'request_exceeds_key_limit',
]);

/** An app under test made a request that the test had no answer for. Nothing was sent. */
export class UnscriptedCallError extends Error {
  constructor({ provider, keyId, method, path }: ScriptedCall) {
    super(
      `The test has no answer to ${method} ${path} with the key "${keyId}" of ${provider}, and nothing is sent. Script one: script.for('${provider}').next('ok'), or .always('ok') for every call.`,
    );
    this.name = 'UnscriptedCallError';
  }
}

/** Answers calls and probes of one app by its script. Nothing leaves the process. */
export class ScriptedVendors implements VendorAccess {
  readonly #voices = new Map<string, VendorVoice>();

  constructor(
    private readonly book: ScriptBook,
    private readonly registry: HealthCheckerRegistry,
    private readonly clock: Clock,
  ) {
    book.alsoKnown = (provider) => registry.has(provider);
  }

  readonly fetch: VendorFetch = async (input, init, key) => {
    init?.signal?.throwIfAborted();
    const request = await scriptedRequest(input, init, key, this.clock.now());
    const { call } = request;
    this.book.calls.push(call);
    const answer = this.book.take(key.provider, key.keyId);
    if (answer === undefined) throw new UnscriptedCallError(call);
    const response = await unlessAborted(this.#answered(answer, request), init?.signal);
    call.status = response.status;
    return response;
  };

  readonly proberOf = (provider: string, checker: BaseHealthChecker): Prober => ({
    checkHealth: (apiKey, { depth }) =>
      new Promise((resolve) =>
        resolve(this.#probed(this.book.probeOf(provider, keyIdOf(apiKey)), depth, provider, checker)),
      ),
    classifyError: (error) => checker.classifyError(error),
  });

  async #answered(answer: ScriptedAnswer, request: ScriptedRequest): Promise<Response> {
    if (typeof answer === 'function') return this.#answered(await answer({ ...request.call }), request);
    if (typeof answer === 'string') return this.#outcome(answer, RETRY_AFTER_MS, request);
    if (types.isNativeError(answer) || answer instanceof Error) throw answer;
    // A lasting answer is read more than once.
    if ('clone' in answer) return answer.clone();
    if ('outcome' in answer) return this.#outcome(answer.outcome, answer.retryAfterMs ?? RETRY_AFTER_MS, request);
    if ('text' in answer) return this.#good(request, answer.text);
    if ('stream' in answer) return streamed(answer);
    return Response.json(answer.json, { status: answer.status, headers: answer.headers });
  }

  #probed(outcome: ScriptedOutcome, depth: ProbeDepth, provider: string, checker: BaseHealthChecker): HealthResult {
    if (outcome === 'ok' || (depth === 'light' && BILLED.has(outcome))) return { outcome: 'ok' };
    if (outcome === 'network_error' || outcome === 'timeout') throw transportError(outcome);
    const parties = { provider, voice: this.#voiceOf(provider), checker, phase: 'probe' } as const;
    const { evidence, status } = namedAnswer(outcome, RETRY_AFTER_MS, probeRequest(this.clock.now()), parties);
    return { ...checker.classifyError(evidence), status };
  }

  #outcome(outcome: ScriptedOutcome, retryAfterMs: number, { call, voiced }: ScriptedRequest): Response {
    const { provider } = call;
    if (outcome === 'ok') return this.#good({ call, voiced });
    if (outcome === 'network_error' || outcome === 'timeout') throw transportError(outcome);
    const checker = this.registry.get(provider);
    const parties: Parties = { provider, voice: this.#voiceOf(provider), checker, phase: 'http' };
    const { status, headers, parts } = namedAnswer(outcome, retryAfterMs, voiced, parties);
    return new Response(parts.join(''), { status, headers });
  }

  #good({ call, voiced }: ScriptedRequest, text?: string): Response {
    const answer = this.#voiceOf(call.provider).good(voiced, text);
    if (answer === undefined)
      throw new RangeError(
        `How ${call.provider} answers ${call.method} ${call.path} is not known, so the test must say it: script { json: … }, { stream: … } or a Response.`,
      );
    const { status, headers, parts } = answer;
    const body = parts.length === 1 ? parts[0] : bodyOf(parts);
    return new Response(body, { status, headers });
  }

  #voiceOf(provider: string): VendorVoice {
    return getOrCreate(this.#voices, provider, () => {
      const { name, wireFormat } = this.registry.vendor(provider);
      return VendorVoice.of(name, wireFormat);
    });
  }
}

const TRANSPORT = {
  network_error: { code: 'ECONNRESET', message: 'read ECONNRESET' },
  timeout: { code: 'UND_ERR_HEADERS_TIMEOUT', message: 'Headers Timeout Error' },
};

/** As Node's fetch says that the connection broke, or that the vendor did not answer. */
function transportError(outcome: keyof typeof TRANSPORT): TypeError {
  const { code, message } = TRANSPORT[outcome];
  return new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) });
}

const probeRequest = (now: number): VoicedRequest => ({
  method: 'GET',
  path: '/v1/models',
  query: '',
  headers: {},
  body: undefined,
  bodyBytes: 0,
  now,
});

function streamed({ stream, headers }: ScriptedStream): Response {
  return new Response(bodyOf(stream), { headers: { 'content-type': 'text/event-stream', ...headers } });
}

/** One chunk for each event, made when it is read. */
function bodyOf(stream: ScriptedStream['stream']): ReadableStream<Uint8Array> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for await (const event of stream)
      yield Buffer.from(typeof event === 'string' ? event : `data: ${JSON.stringify(event)}\n\n`);
  }
  const source = chunks();
  return new ReadableStream({
    async pull(controller) {
      const next = await source.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await source.return(undefined);
    },
  });
}

/** An answer that a function still thinks about does not outlive its call. */
async function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (!signal) return answer;
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
