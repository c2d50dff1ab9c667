import type { WindowName } from '../api/types';

/** Without one in the address. */
export const USUAL_WINDOW: WindowName = '1h';

interface WindowWords {
  /** On the choice. */
  readonly short: string;
  /** After "the last". */
  readonly long: string;
  /** Seconds that one point of its chart stands for. */
  readonly stepS: number;
}

export const WINDOWS: Readonly<Record<WindowName, WindowWords>> = {
  '5m': { short: '5 min', long: '5 minutes', stepS: 60 },
  '1h': { short: '1 h', long: 'hour', stepS: 60 },
  '24h': { short: '24 h', long: '24 hours', stepS: 3_600 },
  '30d': { short: '30 days', long: '30 days', stepS: 3_600 },
};

export const WINDOW_NAMES = Object.keys(WINDOWS) as WindowName[];

/** The window of that name; the usual one where there is none. */
export const windowNamed = (name: string | undefined): WindowName =>
  WINDOW_NAMES.find((each) => each === name) ?? USUAL_WINDOW;
