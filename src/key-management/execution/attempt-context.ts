import { setMaxListeners } from 'node:events';
import { inspect } from 'node:util';
import type { KeyPool } from '../pool/key-pool';
import { PoolLease } from '../pool/key-lease';
import type { PassedOver } from '../pool/key/key-record';
import { endpointOf } from '../pool/state/endpoint-name';
import type { KeyModelState } from '../pool/key/key-record';
import { AttemptAnswers } from './answers/attempt-answers';
import type { ExecutionSettings } from './execution-settings';
import type { CallContext } from './execution.types';
import type { FetchInput } from '../common/fetch-types';
import { watchedFetch } from './watched-fetch';

/** What ends a call, and with it an answer that goes on. */
export interface CallBounds {
  /** The caller's own. */
  readonly signal: AbortSignal | undefined;
  /** Milliseconds since the epoch; Infinity for never. */
  readonly callEndsAt: number;
}

/**
 * One attempt of a managed call: the key that was leased for it, and what the caller's function is given. One object for both, since every
 * call makes one. Signal and fetch are made only when the call reads them.
 */
export class AttemptContext extends PoolLease implements CallContext {
  /** Counted from 1. */
  attempt = 1;
  /** What is shared with other calls; set when the attempt begins. */
  settings: ExecutionSettings | undefined = undefined;
  /** What ends the attempt, and the call; undefined where nothing does. */
  bounds: CallBounds | undefined = undefined;
  private controller: AbortController | undefined = undefined;
  private readonly namesEndpoint: boolean;
  private watched: AttemptAnswers | undefined = undefined;

  /** @param startedAt Milliseconds since the epoch. */
  constructor(
    pool: KeyPool,
    candidate: KeyModelState,
    model: string | undefined,
    startedAt: number,
    endpoint?: string,
  ) {
    super(pool, candidate, model, 'call', startedAt, endpoint);
    this.namesEndpoint = endpoint !== undefined;
  }

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      // The caller's function may make any number of requests under it.
      setMaxListeners(0, this.controller.signal);
    }
    return this.controller.signal;
  }

  get fetch(): typeof globalThis.fetch {
    return watchedFetch(this);
  }

  /** Those that were fetched by the context, or by the managed fetch; undefined where none was. */
  get answers(): AttemptAnswers | undefined {
    return this.watched;
  }

  /** The same, to be added to. */
  get openAnswers(): AttemptAnswers {
    return (this.watched ??= new AttemptAnswers());
  }

  /** What aborts with the signal, where anybody has looked at it. */
  get aborting(): AbortController | undefined {
    return this.controller;
  }

  /** Where the caller named no endpoint, a refusal is of the one that was asked last. */
  requested(input: FetchInput, init: RequestInit | undefined): void {
    if (this.namesEndpoint) return;
    const request = input instanceof Request ? input : undefined;
    const url = input instanceof Request ? input.url : input instanceof URL ? input.href : input;
    if (URL.canParse(url)) this.endpoint = endpointOf(init?.method ?? request?.method ?? 'GET', new URL(url).pathname);
  }

  abort(reason: unknown): void {
    // Whoever looks at the signal later finds it aborted.
    (this.controller ??= new AbortController()).abort(reason);
  }

  override toJSON(): unknown {
    return { keyId: this.keyId, maskedKey: this.maskedKey, attempt: this.attempt };
  }

  override [inspect.custom](): string {
    return `CallContext(${this.maskedKey}, attempt ${this.attempt})`;
  }
}

/** What a call is for: keys that cool down for either are passed over. */
export interface CallTarget {
  readonly model?: string;
  readonly endpoint?: string;
}

/** A key for one attempt, or none where none may be had at once. Milliseconds since the epoch. */
export function leaseFor(
  pool: KeyPool,
  { model, endpoint }: CallTarget,
  exclude: PassedOver | undefined,
  now: number,
): AttemptContext | undefined {
  const candidate = pool.take(model, exclude, now, endpoint);
  return candidate && new AttemptContext(pool, candidate, model, now, endpoint);
}

/** The same, a certain key before all others. */
export function leaseFirst(
  pool: KeyPool,
  target: CallTarget,
  keyId: string | undefined,
  now: number,
): AttemptContext | undefined {
  if (keyId === undefined || !pool.record(keyId)) return leaseFor(pool, target, undefined, now);
  const others: PassedOver = { has: (id) => id !== keyId };
  return leaseFor(pool, target, others, now) ?? leaseFor(pool, target, undefined, now);
}

/** The same, an untried key before a tried one. */
export function leaseUntriedFirst(
  pool: KeyPool,
  target: CallTarget,
  tried: ReadonlySet<string>,
  now: number,
): AttemptContext | undefined {
  const lease = leaseFor(pool, target, tried, now);
  return lease || tried.size === 0 ? lease : leaseFor(pool, target, undefined, now);
}
