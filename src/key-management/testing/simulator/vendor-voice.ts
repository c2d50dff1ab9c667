import type { IncomingHttpHeaders } from 'node:http';
import type { Situation } from './behaviour';
import { json, type Answer, type Call, type Endpoint, type JsonObject } from './core/call';
import type { VendorProfile } from './core/profile';
import { readCall } from './core/read-call';
import { say } from './core/said';
import type { Refusal } from './limits/limiter';
import { anthropicProfile } from './vendors/anthropic/profile';
import { FLAVOURS, isFlavour } from './vendors/compatible/flavours';
import { googleProfile } from './vendors/google/profile';
import { openAiProfile } from './vendors/openai/profile';

/** A request that no socket carries. */
export interface VoicedRequest {
  readonly method: string;
  /** As in the URL, with whatever stands before the vendor's own path. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: JsonObject | undefined;
  readonly bodyBytes: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What a vendor answers. The parts of a stream are its server-sent events. */
export interface VoicedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: readonly string[];
}

const NOWHERE: Endpoint = { surface: 'chat', operation: 'generate' };
const VERSIONS = ['/v1', '/v1beta'];
/** Statuses that say enough by themselves, for vendors whose own words are not played. */
const STATUSES = [401, 402, 403, 429, 400, 404, 413, 408, 500, 503, 529, 502, 504];
const WIRE_FORMATS = { openai: FLAVOURS.generic, anthropic: anthropicProfile, google: googleProfile } as const;

/** Speaks as a vendor does, without a server: the answers that the simulator would send. */
export class VendorVoice {
  #requests = 0;

  private constructor(private readonly profile: VendorProfile) {}

  /** A vendor that is not played speaks as the vendor of its wire format. */
  static of(vendor: string, wireFormat: keyof typeof WIRE_FORMATS): VendorVoice {
    if (vendor === 'openai') return new VendorVoice(openAiProfile);
    return new VendorVoice(isFlavour(vendor) ? FLAVOURS[vendor] : { ...WIRE_FORMATS[wireFormat], name: vendor });
  }

  /** A good answer, streamed where the request asks for it; undefined for a path that is not played. */
  good(request: VoicedRequest, text?: string): VoicedAnswer | undefined {
    const call = this.#heard(request);
    if (call === undefined) return undefined;
    const { profile } = this;
    const said = say(call, profile.name, text, undefined);
    const headers = { ...profile.successHeaders(call.requestId), ...profile.limits.headers([], call.now) };
    if (!call.stream) return this.#voiced(profile.success(call, said), call, headers);
    const { head, deltas, tail } = profile.stream(call, said);
    return {
      status: 200,
      headers: { ...profile.everyHeader(call.requestId), ...profile.streamHeaders(call), ...headers },
      parts: [...head, ...deltas, ...tail],
    };
  }

  /** All that the vendor may refuse with, the usual words of that situation first; last, answers that say nothing but their status. */
  *refusals(request: VoicedRequest, usual: Situation, retryAfterMs: number): Generator<VoicedAnswer> {
    const call = this.#heard(request) ?? this.#call(request, NOWHERE, request.path);
    if (usual === 'rateLimited') yield this.#voiced(this.profile.limits.refusal(refusalFor(retryAfterMs), call), call);
    const { errors } = this.profile;
    for (const situation of [usual, ...(Object.keys(errors) as Situation[])])
      for (const make of Object.values(errors[situation])) yield this.#voiced(make(call), call);
    yield this.#voiced(this.profile.limits.refusal(refusalFor(Infinity), call), call);
    for (const status of STATUSES)
      yield this.#voiced(json(status, { error: { message: `The vendor answered ${status}.` } }), call);
  }

  /** The call at the path that the vendor knows: a base URL may have a path of its own, or a version that stands for the vendor's. */
  #heard(request: VoicedRequest): Call | undefined {
    const parts = request.path.split('/').slice(1);
    const paths = parts.map((_, index) => `/${parts.slice(index).join('/')}`);
    const tried = [...paths, ...paths.flatMap((path) => VERSIONS.map((version) => version + path))];
    for (const path of tried) {
      const endpoint = this.profile.route(request.method, path);
      if (endpoint && endpoint.operation !== 'objects') return this.#call(request, endpoint, path);
    }
    return undefined;
  }

  #call({ method, headers, query, body, bodyBytes, now }: VoicedRequest, endpoint: Endpoint, path: string): Call {
    const { profile } = this;
    const received = {
      request: { method, headers },
      path,
      query,
      body: body ? ({ kind: 'json', value: body, bytes: bodyBytes } as const) : ({ kind: 'none' } as const),
      endpoint,
      requestId: profile.requestId((this.#requests += 1)),
      now,
      models: profile.models,
    };
    return readCall(received, profile);
  }

  #voiced({ status, headers, body }: Answer, call: Call, extra?: Readonly<Record<string, string>>): VoicedAnswer {
    const all = { ...this.profile.everyHeader(call.requestId), ...extra, ...headers };
    return { status, headers: all, parts: [body] };
  }
}

/** A limit of ten requests a minute that is spent; for an infinite wait, a request that alone is above it. */
function refusalFor(waitMs: number): Refusal {
  const limit = { dimension: 'requests', window: 'minute', limit: 10 } as const;
  const reading = { ...limit, remaining: 0, fullInMs: Math.min(waitMs, 60_000) };
  return { ...limit, used: 10, requested: 1, waitMs, stated: 'full', readings: [reading] };
}
