import { StoreError } from '../port/store-error';

const CHECK = 'Check FIREBASE_URL, the network, and that the database is running; the store keeps trying.';

const unavailable = (host: string, what: string): StoreError =>
  new StoreError('unavailable', `The Firebase database at ${host} ${what}`);

/** @internal */
export const awayError = (host: string): StoreError => unavailable(host, `is away. ${CHECK}`);

/** @internal */
export const slowError = (host: string, ms: number): StoreError =>
  unavailable(host, `did not answer within ${ms} ms. ${CHECK}`);

/** @internal The first connection was not established in time. */
export function openError(host: string, ms: number, failedConnections: number): StoreError {
  const hint =
    failedConnections > 0
      ? ' It took the connection and closed it again, as it does when it refuses the credentials: check FIREBASE_CREDENTIALS_JSON.'
      : '';
  return unavailable(host, `was not reached within ${ms} ms.${hint} ${CHECK}`);
}

/** @internal */
export const refusedError = (host: string): StoreError =>
  new StoreError(
    'not_usable',
    `The Firebase database at ${host} refused access: FIREBASE_CREDENTIALS_JSON must be the key of a service account of the project that owns the database.`,
  );

/** @internal Permission may come back, as rules and roles are set. */
export const deniedError = (host: string): StoreError =>
  unavailable(
    host,
    'refuses access (permission denied): its rules, or the role of the service account in FIREBASE_CREDENTIALS_JSON, were changed. The store keeps trying.',
  );

/** @internal */
export function isDenied(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return code === 'PERMISSION_DENIED' || /permission.denied/i.test(String(message));
}

/** @internal The error of an operation that the SDK or the server refused. Their text may hold data and is not repeated. */
export function failureOf(error: unknown, host: string): StoreError {
  if (error instanceof StoreError) return error;
  if (isDenied(error)) return deniedError(host);
  const code = (error as { code?: unknown } | null)?.code;
  // The SDK checks what it is given before it sends anything, and then throws an error without a code.
  if (code === undefined && error instanceof Error && /^[\w.]+ failed: /.test(error.message)) {
    return new StoreError(
      'invalid',
      'The Firebase database cannot hold this change: a name in it is too long (768 bytes for the whole path), or a value too large (10 MB).',
    );
  }
  return unavailable(host, `refused the operation (${typeof code === 'string' ? code : 'no code'}).`);
}
