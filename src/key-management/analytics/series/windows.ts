import { BUCKET_MS, DAY_MS, HOUR_MS, MINUTE_MS, type Resolution } from './measures';

/** How far back figures may look. */
export const WINDOW_NAMES = ['5m', '1h', '24h', '30d'] as const;
export type WindowName = (typeof WINDOW_NAMES)[number];

const WINDOWS: Readonly<Record<WindowName, { readonly ms: number; readonly resolution: Resolution }>> = {
  '5m': { ms: 5 * MINUTE_MS, resolution: 'minute' },
  '1h': { ms: HOUR_MS, resolution: 'minute' },
  '24h': { ms: DAY_MS, resolution: 'hour' },
  '30d': { ms: 30 * DAY_MS, resolution: 'hour' },
};

/** Of which buckets a window is made. */
export interface WindowRange {
  readonly resolution: Resolution;
  /** When the first bucket begins, milliseconds since the epoch: up to a bucket before the window, so that nothing of it is missing. */
  readonly from: number;
}

export function windowRange(name: WindowName, now: number): WindowRange {
  const { ms, resolution } = WINDOWS[name];
  const bucketMs = BUCKET_MS[resolution];
  return { resolution, from: Math.floor((now - ms) / bucketMs) * bucketMs };
}
