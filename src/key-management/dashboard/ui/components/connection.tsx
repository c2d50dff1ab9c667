import type { JSX } from 'preact';
import { clockTime, momentOf } from '../model/format';
import { useNow } from '../state/clock';
import { useStore } from '../state/store';
import { Button } from './button';
import { useDashboard } from './context';
import { Icon } from './icon';

const WORDS = {
  connecting: 'Connecting…',
  live: 'Live',
  lost: 'Not live',
  retrying: 'Reconnecting…',
  unsupported: 'Every 15 s',
} as const;

/** One glance says whether what is shown is of this moment. */
export function LiveMark(): JSX.Element {
  const { data, live } = useDashboard();
  const phase = useStore(live.state, (state) => state.phase);
  const updatedAt = useStore(data.state, (state) => state.updatedAt);
  const isStoreAway = useStore(data.state, ({ figures }) => (figures?.system_info.store_away_since ?? null) !== null);
  return (
    <p class={`live-mark live-${phase} ${isStoreAway ? 'live-degraded' : ''}`} role="status">
      <i class="live-dot" />
      <b>
        {WORDS[phase]}
        {isStoreAway && ', store away'}
      </b>
      {updatedAt !== undefined && <span class="live-time">{clockTime(updatedAt)}</span>}
    </p>
  );
}

/** Whether what is shown may be old: nothing comes live, and asking failed too. */
export function useStale(): boolean {
  const { data, live } = useDashboard();
  const isLive = useStore(live.state, ({ phase }) => phase === 'live' || phase === 'connecting');
  const problem = useStore(data.state, (state) => state.problem !== undefined);
  const shown = useStore(data.state, (state) => state.figures !== undefined);
  return shown && problem && !isLive;
}

export function ConnectionBanner(): JSX.Element | null {
  const { data, live } = useDashboard();
  const { phase, retryAt, reason } = useStore(live.state);
  const updatedAt = useStore(data.state, (state) => state.updatedAt);
  const stale = useStale();
  if (phase === 'live' || phase === 'connecting') return null;
  const time = updatedAt === undefined ? 'never' : clockTime(updatedAt);
  if (phase === 'unsupported') {
    return (
      <div class="banner info" role="status">
        <Icon name="warning" />
        <p>This server has no live stream, so the page asks every 15 s. Last answer: {time}.</p>
      </div>
    );
  }
  return (
    <div class={`banner ${stale ? 'bad' : 'warn'}`} role="region" aria-label="Connection">
      <Icon name="warning" />
      <p role="alert">
        <b>{stale ? 'The connection is lost.' : 'Live updates are interrupted.'}</b> {reason}{' '}
        {stale ? `What you see is from ${time} and may be out of date.` : 'The page asks every 15 s meanwhile.'}
      </p>
      <p class="banner-retry">{phase === 'retrying' ? 'Trying now…' : <RetryCountdown at={retryAt} />}</p>
      <Button onClick={live.retryNow}>Retry now</Button>
    </div>
  );
}

function RetryCountdown({ at }: { at: number }): JSX.Element {
  useNow();
  return <span>Next try in {Math.max(0, Math.ceil((at - Date.now()) / 1_000))} s</span>;
}

/** The store cannot be reached: since when, and what that means. */
export function StoreBanner(): JSX.Element | null {
  const { data } = useDashboard();
  const info = useStore(data.state, (state) => state.figures?.system_info);
  const now = useNow();
  if (!info || info.store_away_since === null) return null;
  return (
    <div class="banner warn" role="region" aria-label="Key store">
      <Icon name="warning" />
      <p role="alert">
        <b>
          The {info.store} store is away since {momentOf(info.store_away_since, now)}.
        </b>{' '}
        The pools work on with what they know, and what changes is written when the store is back. Until then other
        instances do not hear of it, and a restart would forget it.
      </p>
    </div>
  );
}
