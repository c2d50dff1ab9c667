import type { JSX } from 'preact';
import type { KeyStatus } from '../api/types';
import { standingOf, STATUSES } from '../model/status';
import { Shape } from './icon';

export const StatusBadge = ({ status }: { status: KeyStatus }): JSX.Element => (
  <span class={`badge tone-${status === 'disabled' ? 'unknown' : standingOf(status)}`} title={STATUSES[status].meaning}>
    <Shape of={status} />
    {STATUSES[status].label}
  </span>
);
