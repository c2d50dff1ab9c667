/**
 * What this benchmark found with 8 instances when every instance was told what all others counted: its present form on the commit named, on two cores at a
 * load of 18 to 24.
 */
export const BEFORE = {
  date: '2026-11-28',
  commit: 'e7de32d',
  loads: [
    { perSecond: 500, commandsPerCall: 4.54 },
    { perSecond: 5, commandsPerCall: 63.8 },
  ],
} as const;
