/**
 * What this benchmark found with 8 instances when every instance was told what all others counted. Two cores were wanted by some 40 processes, so that
 * counts left less often than once a second: at 500 calls a second another run found 1.27, and the former benchmark 5.7 on a quiet machine
 * (2026-11-26, 18,361 commands and 3,200 calls a second). It is to be measured anew on a quiet one.
 */
export const BEFORE = {
  date: '2026-11-28',
  commit: 'e7de32d',
  loads: [
    { perSecond: 500, commandsPerCall: 2.89 },
    { perSecond: 5, commandsPerCall: 28.7 },
  ],
} as const;
