import { inspect } from 'node:util';
import type { KeyPool } from '../pool/key-pool';
import { PoolLease } from '../pool/key-lease';
import { endpointOf } from '../pool/endpoint-name';
import type { Slot } from '../pool/slot';
import type { CallContext } from './execution.types';

/**
 * One attempt of a managed call: the key that was leased for it, and what the caller's function is given. One object for both, since every
 * call makes one. Signal and fetch are made only when the call reads them.
 */
export class AttemptContext extends PoolLease implements CallContext {
  /** Counted from 1. */
  attempt = 1;
  /** The call settles the lease itself: its answer goes on after the call has ended. */
  keepsLease = false;
  private controller: AbortController | undefined = undefined;
  private abortReason: unknown = undefined;
  private readonly namesEndpoint: boolean;

  /** @param startedAt Milliseconds since the epoch. */
  constructor(pool: KeyPool, slot: Slot, model: string | undefined, startedAt: number, endpoint?: string) {
    super(pool, slot, model, 'call', startedAt, endpoint);
    this.namesEndpoint = endpoint !== undefined;
  }

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.abortReason !== undefined) this.controller.abort(this.abortReason);
    }
    return this.controller.signal;
  }

  get fetch(): typeof globalThis.fetch {
    return async (input, init) => {
      this.requested(input, init);
      const given = init?.signal ?? (input instanceof Request ? input.signal : undefined);
      // SDKs always bring a signal of their own; the attempt's time limits must reach the request all the same.
      const signal = given ? AbortSignal.any([given, this.signal]) : this.signal;
      const response = await globalThis.fetch(input, { ...init, signal });
      this.answered(response.headers);
      return response;
    };
  }

  /** Where the caller named no endpoint, a refusal is of the one that was asked last. */
  private requested(input: RequestInfo | URL, init: RequestInit | undefined): void {
    if (this.namesEndpoint) return;
    const request = input instanceof Request ? input : undefined;
    const url = input instanceof Request ? input.url : input instanceof URL ? input.href : input;
    if (URL.canParse(url)) this.endpoint = endpointOf(init?.method ?? request?.method ?? 'GET', new URL(url).pathname);
  }

  abort(reason: unknown): void {
    this.abortReason = reason;
    this.controller?.abort(reason);
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
  exclude: ReadonlySet<string> | undefined,
  now: number,
): AttemptContext | undefined {
  const slot = pool.take(model, exclude, now, endpoint);
  return slot && new AttemptContext(pool, slot, model, now, endpoint);
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
