/** A request's body for one attempt or for many. */
export interface RequestBody {
  readonly value: BodyInit | null | undefined;
  /** It can be sent only once: a failed attempt cannot be repeated. */
  readonly once: boolean;
}

const NO_BODY: RequestBody = { value: undefined, once: false };

/**
 * Text, bytes, blobs and forms can be sent again; a stream cannot. The body of a `Request` is read into memory, so that it can.
 */
export async function requestBody(input: unknown, init: RequestInit | undefined): Promise<RequestBody> {
  const given = init?.body;
  if (given !== undefined && given !== null) return { value: given, once: isStream(given) };
  if (!(input instanceof Request) || input.body === null || given === null) return NO_BODY;
  return { value: await input.arrayBuffer(), once: false };
}

const isStream = (body: object | string): boolean =>
  body instanceof ReadableStream ||
  (typeof body === 'object' && Symbol.asyncIterator in body && !(body instanceof Blob) && !(body instanceof FormData));
