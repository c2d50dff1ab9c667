import { hasErrorEnvelope } from './body-facts';
import { jsonIn } from './body-text';
import { evidenceOf, type EvidenceContext } from './answer-evidence';
import type { VendorError } from './vendor-error';

/** Whether an event of a stream (parsed, or the text after `data:`) reports a failure. */
export const isStreamError = (data: unknown): boolean =>
  hasErrorEnvelope(typeof data === 'string' ? jsonIn(data) : data);

/**
 * The evidence in an error event of an HTTP 200 stream: the parsed event, its JSON text, or whole server-sent events, of which
 * the last error counts.
 */
export function vendorErrorFromStreamEvent(
  data: unknown,
  headers: unknown = {},
  context: EvidenceContext = {},
): VendorError {
  const body = typeof data === 'string' ? eventIn(data) : data;
  return evidenceOf({ status: 200, headers, body }, { ...context, phase: 'stream' });
}

function eventIn(text: string): unknown {
  const whole = jsonIn(text);
  if (whole !== undefined) return whole;
  const payloads = text
    .split('\n', 1_000)
    .filter((line) => line.startsWith('data:'))
    .map((line) => jsonIn(line.slice(5)));
  return payloads.findLast(hasErrorEnvelope) ?? payloads.at(-1);
}
