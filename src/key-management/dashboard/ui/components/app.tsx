import type { JSX } from 'preact';
import { session } from '../state/session';
import { useStore } from '../state/store';
import { Announcer } from './announcer';
import { ConnectionBanner, StoreBanner, useStale } from './connection';
import { DashboardContext, useReadOnly } from './context';
import { Dialogs } from './dialogs';
import { EventFeed } from './event-feed';
import { FailedCalls } from './failed-calls';
import { KeySection } from './key-section';
import { KeyView } from './key-view';
import { Overview } from './overview';
import { SignIn } from './sign-in';
import { Toasts } from './toasts';
import { TopBar } from './top-bar';
import { TroubleBanner } from './trouble-banner';

export function App(): JSX.Element {
  const state = useStore(session);
  return (
    <>
      {state.phase === 'signed_in' ? (
        <DashboardContext.Provider value={state.dashboard}>
          <Page />
        </DashboardContext.Provider>
      ) : (
        <SignIn />
      )}
      <Toasts />
    </>
  );
}

function Page(): JSX.Element {
  const stale = useStale();
  const why = useReadOnly();
  return (
    <>
      <a class="skip-link" href="#keys">
        Skip to the keys
      </a>
      <TopBar />
      <ConnectionBanner />
      <StoreBanner />
      <TroubleBanner />
      <main class={stale ? 'page stale' : 'page'} aria-label={stale ? 'Dashboard, data out of date' : 'Dashboard'}>
        {why !== undefined && <p class="viewer-note">{why.replace('This', 'Changing anything')}</p>}
        <Overview />
        <div class="columns">
          <KeySection />
          <EventFeed />
        </div>
        <FailedCalls />
      </main>
      <Announcer />
      <KeyView />
      <Dialogs />
    </>
  );
}
