import { inspect } from 'node:util';
import type { KeyPool } from '../pool/key-pool';
import { PoolLease } from '../pool/key-lease';
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

  /** @param startedAt Milliseconds since the epoch. */
  constructor(pool: KeyPool, slot: Slot, model: string | undefined, startedAt: number) {
    super(pool, slot, model, 'call', startedAt);
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
      const given = init?.signal ?? (input instanceof Request ? input.signal : undefined);
      // SDKs always bring a signal of their own; the attempt's time limits must reach the request all the same.
      const signal = given ? AbortSignal.any([given, this.signal]) : this.signal;
      const response = await globalThis.fetch(input, { ...init, signal });
      this.answered(response.headers);
      return response;
    };
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

/** A key for one attempt, or none where none may be had at once. Milliseconds since the epoch. */
export function leaseFor(
  pool: KeyPool,
  model: string | undefined,
  exclude: ReadonlySet<string> | undefined,
  now: number,
): AttemptContext | undefined {
  const slot = pool.take(model, exclude, now);
  return slot && new AttemptContext(pool, slot, model, now);
}

/** The same, a certain key before all others. */
export function leaseFirst(
  pool: KeyPool,
  model: string | undefined,
  keyId: string | undefined,
  now: number,
): AttemptContext | undefined {
  if (keyId === undefined || !pool.record(keyId)) return leaseFor(pool, model, undefined, now);
  const others = new Set(Array.from(pool.records(), ({ id }) => id));
  others.delete(keyId);
  return leaseFor(pool, model, others, now) ?? leaseFor(pool, model, undefined, now);
}

/** The same, an untried key before a tried one. */
export function leaseUntriedFirst(
  pool: KeyPool,
  model: string | undefined,
  tried: ReadonlySet<string>,
  now: number,
): AttemptContext | undefined {
  const lease = leaseFor(pool, model, tried, now);
  return lease || tried.size === 0 ? lease : leaseFor(pool, model, undefined, now);
}
