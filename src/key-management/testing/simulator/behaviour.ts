import type { Operation } from './core/call';
import type { RateLimits } from './limits/rate-limits';

/** A behaviour may be limited to some models and to some operations; `models` and `operations` left out mean "its usual reach". */
interface Reach {
  readonly models?: readonly string[];
  readonly operations?: readonly Operation[];
}

/** Refusals with a body of the vendor's own. `variant` names one of the catalogue's bodies; left out, it is the usual one. */
export type PlainSituation =
  | 'invalid'
  | 'permissionDenied'
  | 'regionBlocked'
  | 'modelUnavailable'
  | 'overloaded'
  | 'serverError'
  | 'timeout'
  | 'misconfigured'
  | 'contentBlocked'
  | 'badRequest';
export type Situation = PlainSituation | 'exhausted' | 'rateLimited';

export type StreamErrorKind = 'rate_limit' | 'quota' | 'overloaded' | 'server';
export type MalformedKind = 'invalid_json' | 'wrong_content_type' | 'truncated' | 'giant' | 'empty';

export interface Flood {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly first?: string;
  readonly chunk: string;
  readonly bytes?: number;
  readonly encoding?: 'gzip';
  /** Between two chunks. */
  readonly everyMs?: number;
}

/** Where in an answer a fault strikes: right after the headers, before the first content, or after n content chunks. */
export type StreamPoint = 'headers' | 'before_content' | number;

export type Behaviour = Reach &
  (
    | { readonly kind: 'valid'; readonly text?: string }
    | { readonly kind: PlainSituation; readonly variant?: string }
    /** No money left. `regainAt` ends it by the simulator's clock; Anthropic states that date in the body. */
    | { readonly kind: 'exhausted'; readonly variant?: string; readonly regainAt?: Date | string }
    | ({ readonly kind: 'rateLimited' } & RateLimits)
    | {
        readonly kind: 'alwaysRateLimited';
        readonly variant?: string;
        readonly retryAfterMs?: number;
        readonly stated?: RateLimits['stated'];
      }
    | { readonly kind: 'flaky'; readonly statuses: readonly number[] }
    | { readonly kind: 'flaky'; readonly failureRate: number; readonly seed?: number; readonly failure?: Behaviour }
    | {
        readonly kind: 'slow';
        readonly latencyMs?: number;
        readonly firstChunkMs?: number;
        readonly betweenChunksMs?: number;
      }
    /** `end` finishes the HTTP message properly, but without the vendor's closing event. */
    | { readonly kind: 'cutOff'; readonly after?: StreamPoint; readonly how?: 'destroy' | 'reset' | 'end' }
    /** Goes silent and keeps the connection: nothing more until the client leaves. */
    | { readonly kind: 'stall'; readonly after?: StreamPoint }
    /** `form: 'flat'` is the other shape the OpenAI Responses stream uses. Calls without a stream are answered. */
    | { readonly kind: 'streamError'; readonly event: StreamErrorKind; readonly after?: number; readonly form?: 'flat' }
    | { readonly kind: 'hang' }
    | { readonly kind: 'reset' }
    | { readonly kind: 'html'; readonly status?: number }
    | { readonly kind: 'malformed'; readonly as: MalformedKind; readonly bytes?: number }
    /** Any status in the vendor's own usual words. */
    | { readonly kind: 'status'; readonly status: number }
    /** An answer word by word, as a case of cases.json has it. */
    | {
        readonly kind: 'answer';
        readonly status: number;
        readonly headers?: Readonly<Record<string, string>>;
        readonly body?: unknown;
        readonly sse?: string;
      }
    /**
     * A body that goes on and on, no faster than the client reads: the chunk over and over, for so many bytes (before encoding) or until
     * the client leaves. `gzip` makes a bomb of it. The log counts what was sent in `flooded`.
     */
    | ({ readonly kind: 'flood' } & Flood)
    /** These bytes in the place of an HTTP answer, one character each; then the connection ends, is reset, or stays. */
    | { readonly kind: 'raw'; readonly bytes: string; readonly then?: 'end' | 'reset' | 'keep' }
    /** One step a call; the last repeats, or all over again with `loop`. A step may be a stack of behaviours. */
    | {
        readonly kind: 'sequence';
        readonly steps: readonly (Behaviour | readonly Behaviour[])[];
        readonly loop?: boolean;
      }
  );

export type BehaviourKind = Behaviour['kind'];

/** A whole vendor failing, whatever the key, known or not. */
export type Outage = { readonly status: number | 'reset' | 'hang' | 'html' } | Behaviour;
