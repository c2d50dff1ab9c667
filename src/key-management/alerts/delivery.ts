import { retryAfterMs } from '../classification/evidence/stated-wait';
import type { Random } from '../common/clock';
import { equalJitterMs } from '../common/equal-jitter';

/** What a try to send a message came to: the status of the answer, and what `Retry-After` asks for; or why there was no answer. */
export type Answer =
  { readonly status: number; readonly retryAfter?: string | undefined } | { readonly failed: string };

/** What becomes of a message: it was taken, it is sent again after a while (milliseconds), or nobody will take it. */
export type Delivery =
  | { readonly end: 'sent' }
  | { readonly end: 'retry'; readonly afterMs: number; readonly why: string }
  | { readonly end: 'failed'; readonly why: string };

/** Between two tries: it doubles from the one to the other. Milliseconds. */
const BACKOFF = { initialMs: 2_000, maxMs: 5 * 60_000 };
/** A message that nobody took within this time is given up: an alert of an hour ago alerts nobody. Milliseconds. */
export const LONGEST_DELIVERY_MS = 60 * 60_000;

/** Refusals that say "later", beside all of 5xx. */
const LATER: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * What a try means for the message.
 * @param tries How many there were, this one included.
 * @param ageMs For how long the message has been under way.
 */
export function deliveryAfter(answer: Answer, tries: number, ageMs: number, now: number, random: Random): Delivery {
  const isAnswered = 'status' in answer;
  if (isAnswered && answer.status >= 200 && answer.status < 300) return { end: 'sent' };
  const why = isAnswered ? `the receiver answered ${answer.status}` : answer.failed;
  if (isAnswered && answer.status < 500 && !LATER.has(answer.status)) {
    const isRedirect = answer.status >= 300 && answer.status < 400;
    return { end: 'failed', why: isRedirect ? `${why}, and redirects are not followed: give the last URL` : why };
  }
  const statedMs = (isAnswered ? retryAfterMs(answer.retryAfter, now) : undefined) ?? 0;
  const leftMs = LONGEST_DELIVERY_MS - ageMs;
  if (leftMs <= statedMs) return { end: 'failed', why: `${why}, for an hour` };
  return { end: 'retry', afterMs: statedMs + equalJitterMs(BACKOFF, tries - 1, random), why };
}
