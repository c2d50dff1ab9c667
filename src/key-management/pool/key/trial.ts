/**
 * After a cooldown one call goes first, alone, until one is accepted: `pending` before it began, `running` while its answer is awaited,
 * for `TRIAL_MS` at the most: a call that hangs must not shut out the others.
 */
export type Trial = 'none' | 'pending' | 'running';

/** When a trial has shown nothing for so long, another call may be one. Milliseconds. */
export const TRIAL_MS = 10_000;

/** What a cooldown may lie on: a key, or a key for one model. */
export interface OnTrial {
  trial: Trial;
  /** When the latest trial began; milliseconds since the epoch. */
  trialSince: number;
}

/** A key for one model, and the key itself: one call may be the first after a rest of either, or of both. */
type Tried = OnTrial & { readonly record: OnTrial };

/** Until when the trial that is running keeps other calls waiting, milliseconds since the epoch; 0 if none is running. */
export const trialEndsAt = ({ trial, trialSince }: OnTrial): number =>
  trial === 'running' ? trialSince + TRIAL_MS : 0;

/** A call begins. No other has begun since the latest trial, unless that has outlived its bound. */
export function beginTrial(candidate: Tried, now: number): void {
  begin(candidate, now);
  begin(candidate.record, now);
}

export function endTrial(candidate: Tried, startedAt: number, success: boolean): void {
  end(candidate, startedAt, success);
  end(candidate.record, startedAt, success);
}

function begin(holder: OnTrial, now: number): void {
  if (holder.trial === 'none') return;
  holder.trial = 'running';
  holder.trialSince = now;
}

/** A cooldown that came while the trial ran has made it `pending` anew: then its end says nothing, nor of the trial after that rest. */
function end(holder: OnTrial, startedAt: number, success: boolean): void {
  if (holder.trial === 'running' && startedAt >= holder.trialSince) holder.trial = success ? 'none' : 'pending';
}
