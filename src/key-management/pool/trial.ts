/** After a rest one call goes first, alone, until one succeeds: `wanted` before it began, `running` while it is in flight. */
export type Trial = 'none' | 'wanted' | 'running';

/** What a rest may lie on: a key, or a key for one model. */
export interface OnTrial {
  trial: Trial;
  /** When the latest trial began; milliseconds since the epoch. */
  trialSince: number;
}

/** A key for one model, and the key itself: one call may be the first after a rest of either, or of both. */
type Tried = OnTrial & { readonly record: OnTrial };

export function beginTrial(slot: Tried, now: number): void {
  begin(slot, now);
  begin(slot.record, now);
}

export function endTrial(slot: Tried, startedAt: number, success: boolean): void {
  end(slot, startedAt, success);
  end(slot.record, startedAt, success);
}

function begin(holder: OnTrial, now: number): void {
  if (holder.trial !== 'wanted') return;
  holder.trial = 'running';
  holder.trialSince = now;
}

/** A rest that came while the trial ran has made it `wanted` anew: then its end says nothing, nor of the trial after that rest. */
function end(holder: OnTrial, startedAt: number, success: boolean): void {
  if (holder.trial === 'running' && startedAt >= holder.trialSince) holder.trial = success ? 'none' : 'wanted';
}
