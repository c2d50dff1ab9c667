const BACKSLASH = 0x5c;

/**
 * The text of a body, to look for ASCII in it without parsing: of bytes, one unit for each byte. Undefined for what is neither text nor bytes.
 */
export function byteText(body: unknown): string | undefined {
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  return body instanceof ArrayBuffer ? Buffer.from(body).toString('latin1') : undefined;
}

/** Where the string that begins at this quote ends; the end of the text where it does not. */
export function stringEnd(text: string, quote: number): number {
  for (let end = text.indexOf('"', quote + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
}
