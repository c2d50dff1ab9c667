import { inspect } from 'node:util';
import type { PoolLease } from '../pool/key-lease';
import type { CallContext } from './execution.types';

/** The context of one attempt. Signal and fetch are made only when the call reads them. */
export class AttemptContext implements CallContext {
  /** The call settles the lease itself: its answer goes on after the call has ended. */
  keepsLease = false;
  private controller: AbortController | undefined = undefined;
  private abortReason: unknown = undefined;

  constructor(
    readonly lease: PoolLease,
    readonly attempt: number,
  ) {}

  get apiKey(): string {
    return this.lease.apiKey;
  }

  get keyId(): string {
    return this.lease.keyId;
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
      this.lease.answered(response.headers);
      return response;
    };
  }

  abort(reason: unknown): void {
    this.abortReason = reason;
    this.controller?.abort(reason);
  }

  toJSON(): unknown {
    return { keyId: this.keyId, maskedKey: this.lease.maskedKey, attempt: this.attempt };
  }

  [inspect.custom](): string {
    return `CallContext(${this.lease.maskedKey}, attempt ${this.attempt})`;
  }
}
