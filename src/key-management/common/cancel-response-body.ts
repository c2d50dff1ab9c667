/** A failed answer that nobody will read: its connection is given back. */
export function cancelResponseBody(value: unknown): void {
  // A body of another library than fetch is left to that library.
  if (!(value instanceof Response) || value.body === null || value.body.locked) return;
  void value.body.cancel().catch(() => undefined);
}
