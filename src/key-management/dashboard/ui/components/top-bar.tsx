import type { JSX } from 'preact';
import { isBusy } from '../state/actions';
import { hasToken, signOut } from '../state/session';
import { theme, type Theme } from '../state/preferences';
import { useStore } from '../state/store';
import { openDialog } from '../state/view';
import { Button, IconButton } from './button';
import { LiveMark } from './connection';
import { useDashboard, useReadOnly } from './context';
import { Icon, type IconName } from './icon';

export function TopBar(): JSX.Element {
  const { actions, data, session } = useDashboard();
  const why = useReadOnly();
  const checking = useStore(actions.busy, (busy) => isBusy(busy));
  const store = useStore(data.state, (state) => state.figures?.system_info.store);
  return (
    <header class="top-bar">
      <div class="brand">
        <span class="brand-mark">
          <Icon name="key" />
        </span>
        <h1>Key pools</h1>
        {store !== undefined && (
          <span class="chip" title="Where the state of keys is kept">
            {store} store
          </span>
        )}
        <span class="chip" title={why ?? 'You can read and change'}>
          {session.role}
        </span>
      </div>
      <LiveMark />
      <div class="top-actions" role="toolbar" aria-label="Actions">
        <Button icon="check" busy={checking} why={why} onClick={() => void actions.checkAll()}>
          {checking ? 'Checking…' : 'Check all'}
        </Button>
        <Button icon="sliders" onClick={() => openDialog.set({ kind: 'configuration' })}>
          Configuration
        </Button>
        <Button kind="primary" icon="plus" why={why} onClick={() => openDialog.set({ kind: 'add' })}>
          Add keys
        </Button>
        <ThemeButton />
        {hasToken() && <IconButton icon="leave" label="Sign out" onClick={() => signOut()} />}
      </div>
    </header>
  );
}

const NEXT: Readonly<Record<Theme, { next: Theme; icon: IconName; name: string }>> = {
  auto: { next: 'light', icon: 'auto', name: 'as the system' },
  light: { next: 'dark', icon: 'sun', name: 'light' },
  dark: { next: 'auto', icon: 'moon', name: 'dark' },
};

export function ThemeButton(): JSX.Element {
  const current = useStore(theme);
  const { next, icon, name } = NEXT[current];
  return (
    <IconButton icon={icon} label={`Theme: ${name}. Change to ${NEXT[next].name}`} onClick={() => theme.set(next)} />
  );
}
