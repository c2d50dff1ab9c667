/**
 * - `unavailable`: the store is away; it may come back.
 * - `closed`: used after `close`, or before `open`.
 * - `invalid`: changes that no store can hold.
 * - `locked`: another process has the store.
 * - `not_usable`: the place given for the store cannot be used (not writable, no folder, wrong credentials).
 * - `not_loadable`: what runs the code, as a test runner, cannot load the store's driver.
 */
export type StoreErrorCode = 'unavailable' | 'closed' | 'invalid' | 'locked' | 'not_usable' | 'not_loadable';

/** A store's failure, its message saying what to do. It has no `cause`: a client's error may carry passwords and whole commands. */
export class StoreError extends Error {
  override readonly name = 'StoreError';

  constructor(
    readonly code: StoreErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** @internal */
export const closedError = (kind: string): StoreError =>
  new StoreError('closed', `The ${kind} store is not open: it was closed, or never opened.`);
