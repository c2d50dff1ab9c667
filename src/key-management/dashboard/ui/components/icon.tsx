import type { JSX } from 'preact';
import type { Standing } from '../model/status';
import type { KeyStatus } from '../api/types';

/** Strokes of 16 × 16 icons. */
const PATHS = {
  check: 'M13 8a5 5 0 1 1-1.6-3.7M13 2.5v2.6h-2.6',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.2v9.6l7.5-4.8z',
  trash: 'M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5M6.8 7v3.6M9.2 7v3.6',
  plus: 'M8 3v10M3 8h10',
  close: 'M4 4l8 8M12 4l-8 8',
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.4 10.4l3.1 3.1',
  sliders: 'M2.5 5h6M11.5 5h2M2.5 11h2M7.5 11h6M10 3.5v3M6 9.5v3',
  leave: 'M6.5 3H3v10h3.5M7 8h6.5M11 5.5L13.5 8 11 10.5',
  sun: 'M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9',
  moon: 'M13 9.6A5.4 5.4 0 0 1 6.4 3a5.4 5.4 0 1 0 6.6 6.6z',
  auto: 'M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM8 2.5v11',
  warning: 'M8 2.5l6 11H2zM8 6.8v3M8 11.6v.2',
  up: 'M8 12.5v-9M4.5 7L8 3.5 11.5 7',
  down: 'M8 3.5v9M4.5 9L8 12.5 11.5 9',
  key: 'M5.5 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8 8h6v2M11.5 8v1.7',
} as const;
export type IconName = keyof typeof PATHS;

/** Always beside or instead of words that say the same. */
export const Icon = ({ name }: { name: IconName }): JSX.Element => (
  <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
    <path d={PATHS[name]} />
  </svg>
);

/** Each status has a shape of its own, so that colour is never all there is. */
const SHAPES: Readonly<Record<KeyStatus | Standing | 'neutral', JSX.Element>> = {
  healthy: <circle cx="6" cy="6" r="4.5" class="solid" />,
  rate_limited: (
    <g>
      <circle cx="6" cy="6" r="4.5" />
      <path d="M6 3.4V6l1.8 1.2" />
    </g>
  ),
  cooling_down: (
    <g>
      <circle cx="6" cy="6" r="4.5" />
      <path class="solid" d="M6 1.5a4.5 4.5 0 0 1 0 9z" />
    </g>
  ),
  invalid_key: <path d="M2.5 2.5l7 7M9.5 2.5l-7 7" class="thick" />,
  quota_exceeded: (
    <g>
      <rect x="1.5" y="1.5" width="9" height="9" rx="1.5" />
      <path class="solid" d="M2 8.2h8V10H2z" />
    </g>
  ),
  removed: <path d="M2.5 2.5l7 7M9.5 2.5l-7 7" class="thick" />,
  disabled: <path d="M2 6h8" class="thick" />,
  unchecked: <circle cx="6" cy="6" r="4.5" class="dashed" />,
  unknown: <circle cx="6" cy="6" r="4.5" class="dashed" />,
  neutral: <circle cx="6" cy="6" r="2" class="solid" />,
};

export const Shape = ({ of }: { of: keyof typeof SHAPES }): JSX.Element => (
  <svg class="shape" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true" focusable="false">
    {SHAPES[of]}
  </svg>
);
