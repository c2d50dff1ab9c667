import { StoreError } from '../port/store-error';

const CHECK = 'Check FIREBASE_URL, the network, and that the database is running; the store keeps trying.';

/** @internal */
export function awayError(host: string): StoreError {
  return new StoreError('unavailable', `The Firebase database at ${host} is away. ${CHECK}`);
}

/** @internal */
export function slowError(host: string, ms: number): StoreError {
  return new StoreError('unavailable', `The Firebase database at ${host} did not answer within ${ms} ms. ${CHECK}`);
}

/** @internal The first connection did not come about in time. */
export function openError(host: string, ms: number, refusedConnections: number): StoreError {
  const hint =
    refusedConnections > 0
      ? ' It took the connection and closed it again, as it does when it refuses the credentials: check FIREBASE_CREDENTIALS_JSON.'
      : '';
  return new StoreError(
    'unavailable',
    `The Firebase database at ${host} was not reached within ${ms} ms.${hint} ${CHECK}`,
  );
}

/** @internal */
export function refusedError(host: string): StoreError {
  return new StoreError(
    'not_usable',
    `The Firebase database at ${host} refused access: FIREBASE_CREDENTIALS_JSON must be the key of a service account of the project that owns the database.`,
  );
}

/** @internal Permission may come back, as rules and roles are set. */
export function deniedError(host: string): StoreError {
  return new StoreError(
    'unavailable',
    `The Firebase database at ${host} refuses access (permission denied): its rules, or the role of the service account in FIREBASE_CREDENTIALS_JSON, were changed. The store keeps trying.`,
  );
}

/** @internal */
export function isDenied(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return code === 'PERMISSION_DENIED' || /permission.denied/i.test(String(message));
}

/** @internal An operation that the SDK or the server answered with an error; its text may hold data and is not repeated. */
export function failureOf(error: unknown, host: string): StoreError {
  if (error instanceof StoreError) return error;
  const code = (error as { code?: unknown } | null)?.code;
  const message = error instanceof Error ? error.message : '';
  if (isDenied(error)) return deniedError(host);
  // The SDK checks what it is given before it sends anything, and then throws an error without a code.
  if (code === undefined && /^[\w.]+ failed: /.test(message)) {
    return new StoreError(
      'invalid',
      'The Firebase database cannot hold this change: a name in it is too long (768 bytes for the whole path), or a value too large (10 MB).',
    );
  }
  return new StoreError(
    'unavailable',
    `The Firebase database at ${host} refused the operation (${typeof code === 'string' ? code : 'no code'}).`,
  );
}

/** @internal */
export function tooLargeError(size: number, limit: number): StoreError {
  return new StoreError(
    'invalid',
    `A batch of ${size} characters is more than the Firebase database takes at once (${limit}). Write it in several.`,
  );
}
