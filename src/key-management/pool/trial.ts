/** After a rest one call goes first, alone, until one succeeds: `wanted` before it began, `running` while it is in flight. */
export type Trial = 'none' | 'wanted' | 'running';

/** What a rest may lie on: a key, or a key for one model. */
export interface OnTrial {
  trial: Trial;
}

export const beginTrial = (holder: OnTrial): void => {
  if (holder.trial === 'wanted') holder.trial = 'running';
};

/** A rest that came while the trial ran has made it `wanted` anew: then its end says nothing. */
export const endTrial = (holder: OnTrial, success: boolean): void => {
  if (holder.trial === 'running') holder.trial = success ? 'none' : 'wanted';
};
