/** After a rest one call goes first, alone, until one succeeds: `wanted` before it began, `running` while it is in flight. */
export type Trial = 'none' | 'wanted' | 'running';

/** What a rest may lie on: a key, or a key for one model. */
export interface OnTrial {
  trial: Trial;
  /** When the latest trial began; milliseconds since the epoch. */
  trialSince: number;
}

export const beginTrial = (holder: OnTrial, now: number): void => {
  if (holder.trial !== 'wanted') return;
  holder.trial = 'running';
  holder.trialSince = now;
};

/** A rest that came while the trial ran has made it `wanted` anew: then its end says nothing, nor of the trial after that rest. */
export const endTrial = (holder: OnTrial, startedAt: number, success: boolean): void => {
  if (holder.trial === 'running' && startedAt >= holder.trialSince) holder.trial = success ? 'none' : 'wanted';
};
