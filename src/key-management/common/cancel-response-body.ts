/**
 * Cancels the body of a response that nobody will read, so that its connection can serve another request: an unread body holds the
 * connection, and its memory, until it is garbage-collected. Errors are ignored, since the response is not wanted any more. A value that is
 * no fetch `Response` is left to the library that made it, and a body that is being read to its reader.
 */
export function cancelResponseBody(value: unknown): void {
  if (value instanceof Response && value.body?.locked === false) cancelBody(value.body);
}

/** Cancels a stream that nobody will read on. Errors are ignored. */
export function cancelBody(body: Pick<ReadableStream, 'cancel'> | null | undefined): void {
  void body?.cancel().catch(() => undefined);
}
