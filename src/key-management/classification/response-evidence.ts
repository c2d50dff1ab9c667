import { MOST_BODY_CHARACTERS } from './body-text';
import { evidenceOf, type EvidenceContext } from './answer-evidence';
import type { VendorError } from './vendor-error';

export interface ResponseContext extends EvidenceContext {
  /** Ends the reading of the body; what was read until then is the evidence. */
  signal?: AbortSignal;
  /** The longest the body is read, in milliseconds. Default 2,000. */
  bodyTimeLimitMs?: number;
  /** A body of which not all was read is let go of: whoever has the response will hardly read it, and it holds a connection. */
  letGoOfRest?: boolean;
}

const DEFAULT_BODY_TIME_LIMIT_MS = 2_000;

/**
 * The evidence in a fetch `Response`. Reads at most 64 kB of a clone, so that the caller can still read the body (unless `letGoOfRest`); a body that is
 * used up, stalls or breaks counts as far as it was read. Never rejects.
 */
export async function vendorErrorFromResponse(response: Response, context: ResponseContext = {}): Promise<VendorError> {
  const body = await beginningOf(response, context);
  return evidenceOf({ status: response.status, headers: response.headers, body }, context);
}

async function beginningOf(response: Response, context: ResponseContext): Promise<string | undefined> {
  if (response.bodyUsed || response.body === null || response.body.locked || context.signal?.aborted) return undefined;
  const reader = response.clone().body!.getReader();
  let stop = (): void => undefined;
  const stopped = new Promise<undefined>((resolve) => {
    stop = () => {
      resolve(undefined);
    };
  });
  const timer = setTimeout(stop, context.bodyTimeLimitMs ?? DEFAULT_BODY_TIME_LIMIT_MS);
  context.signal?.addEventListener('abort', stop, { once: true });
  const decoder = new TextDecoder();
  let text = '';
  let whole = false;
  try {
    while (text.length < MOST_BODY_CHARACTERS) {
      const chunk = await Promise.race([reader.read(), stopped]);
      whole = chunk?.done ?? false;
      if (chunk === undefined || chunk.done) break;
      text += decoder.decode(chunk.value, { stream: true });
    }
  } catch {
    // A body that breaks off: its beginning is evidence all the same.
  } finally {
    clearTimeout(timer);
    context.signal?.removeEventListener('abort', stop);
    // Not awaited: the cancel of a clone settles only when its twin is done as well.
    void reader.cancel().catch(() => undefined);
    if (context.letGoOfRest && !whole) void response.body.cancel().catch(() => undefined);
  }
  return text;
}
