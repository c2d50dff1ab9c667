import type { FetchBody } from '../../common/fetch-types';
import { ReplayedStream } from './replayed-stream';

/** A request's body for one attempt or for many. */
export interface RequestBody {
  /** What the next attempt sends: of a stream, another one each time. */
  readonly value: FetchBody | null | undefined;
  /** The same, where it is known before the call. */
  readonly known?: FetchBody;
  /** It cannot be sent again: a failed attempt cannot be repeated. */
  readonly once: boolean;
  /** It could not be read: the caller's own trouble. */
  readonly failure?: { readonly error: unknown };
  /** The call is over. */
  ended(success: boolean): void;
}

/** A body, or what gives the same body anew for each attempt. */
export type ManagedBody = FetchBody | AsyncIterable<unknown> | null | (() => FetchBody | AsyncIterable<unknown>);

/**
 * Text, bytes, blobs and forms can be sent again as they are. Of a stream, what was sent is kept up to 16 MiB. The body of a `Request` is a
 * stream, too: it is read beforehand where it is within that bound, so that the model it names is known.
 */
export async function requestBody(
  input: unknown,
  init: Pick<RequestInit, 'body'> | { body?: ManagedBody } | undefined,
): Promise<RequestBody> {
  const given = init?.body as ManagedBody | undefined;
  if (typeof given === 'function') return new MadeBody(given as () => FetchBody);
  if (given !== undefined && given !== null)
    return isStream(given) ? new ReplayedStream(given) : fixed(given as FetchBody);
  if (!(input instanceof Request) || input.body === null || given === null) return fixed(undefined);
  const stream = new ReplayedStream(input.body);
  const whole = await stream.whole();
  return whole ? fixed(whole) : stream;
}

const fixed = (value: FetchBody | undefined): RequestBody => ({
  value,
  known: value,
  once: false,
  ended: () => undefined,
});

/** Made by the caller's function for each attempt. Whatever sends it reads it to its end, or cancels it. */
class MadeBody implements RequestBody {
  failure: { readonly error: unknown } | undefined;

  constructor(private readonly make: () => FetchBody) {}

  get value(): FetchBody {
    try {
      return this.make();
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }

  get once(): boolean {
    return this.failure !== undefined;
  }

  readonly ended = (): void => undefined;
}

export const isStream = (body: unknown): body is AsyncIterable<unknown> =>
  typeof body === 'object' &&
  body !== null &&
  Symbol.asyncIterator in body &&
  !(body instanceof Blob) &&
  !(body instanceof FormData);
