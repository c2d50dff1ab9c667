/**
 * What this benchmark found with 8 instances when every instance was told what all others counted. The machine was loaded (about 40 processes on
 * two cores), so that counts left less often than once a second: on a quiet one there were more commands.
 */
export const BEFORE = {
  date: '2026-11-28',
  commit: 'e7de32d',
  loads: [
    { perSecond: 500, commandsPerCall: 2.89 },
    { perSecond: 5, commandsPerCall: 28.7 },
  ],
} as const;
