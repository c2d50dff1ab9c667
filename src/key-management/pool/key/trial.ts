/**
 * After a cooldown one call goes first, alone: the trial, as of a half-open circuit breaker. `pending` before that call began, `running` while its
 * answer is awaited, for `TRIAL_MS` at the most, since a call that hangs must not shut out the others.
 */
export type Trial = 'none' | 'pending' | 'running';

/** When a trial has shown nothing for this long, another call may be one. Milliseconds. */
export const TRIAL_MS = 10_000;
/**
 * The same after a rate limit, where headers state what is left: the calls are paced by that, and a refusal would come at once, however long good
 * answers take. Milliseconds.
 */
const PACED_TRIAL_MS = 100;

/** What cools down and is tried afterwards: a key, or a key for one model. */
export interface OnTrial {
  trial: Trial;
  /** When the latest trial began; milliseconds since the epoch. */
  trialSince: number;
}

/** A key for one model, and the key itself: one call may be the trial of either, or of both. */
type Tried = OnTrial & { readonly record: OnTrial };

/** Until when the running trial keeps other calls waiting, milliseconds since the epoch; 0 if none is running. */
export const trialEndsAt = ({ trial, trialSince }: OnTrial, isPaced: boolean): number =>
  trial === 'running' ? trialSince + (isPaced ? PACED_TRIAL_MS : TRIAL_MS) : 0;

/** A call begins. No other call has begun since the latest trial, unless that trial has outlived its bound. */
export function beginTrial(candidate: Tried, now: number): void {
  begin(candidate, now);
  begin(candidate.record, now);
}

/** A trial call ended, or the vendor accepted it. A trial that failed is followed by another. */
export function endTrial(candidate: Tried, startedAt: number, success: boolean): void {
  end(candidate, startedAt, success);
  end(candidate.record, startedAt, success);
}

function begin(holder: OnTrial, now: number): void {
  if (holder.trial === 'none') return;
  holder.trial = 'running';
  holder.trialSince = now;
}

/** A cooldown that began while the trial ran has made the trial `pending` anew: then the end of this call says nothing. */
function end(holder: OnTrial, startedAt: number, success: boolean): void {
  if (holder.trial === 'running' && startedAt >= holder.trialSince) holder.trial = success ? 'none' : 'pending';
}
