import { ApiError, messageOf } from '../api/api-error';
import { Client } from '../api/client';
import { Http } from '../api/http';
import { Dashboard } from './dashboard';
import { noteVendors } from '../model/provider-names';
import { Store } from './store';
import { resetView } from './view';

export type SessionState =
  /** `field`: the problem is one of the token in the field, or one that a token may solve. */
  | { phase: 'signed_out'; problem?: string; field?: boolean }
  | { phase: 'signing_in'; resuming: boolean }
  | { phase: 'signed_in'; dashboard: Dashboard };

/** Of the tab only: it is gone when the tab is closed, and no other tab can read it. */
const TOKEN_KEY = 'key-pools:token';

const { base = '', place, access } = document.documentElement.dataset;

/**
 * The host app decides by its own authorisation. Mostly that travels by itself (a cookie), so that there is no token to ask for; where
 * the app refuses, its users may have a token which they send in the header.
 */
export const hostAccess = access === 'host';

export const session = new Store<SessionState>({ phase: 'signed_out' });

const savedToken = (): string | undefined => sessionStorage.getItem(TOKEN_KEY) ?? undefined;

/** Whether there is something to forget. */
export const hasToken = (): boolean => savedToken() !== undefined;

/** With the token of this tab, if it has one. */
export function resume(): void {
  const token = savedToken() ?? (hostAccess ? '' : undefined);
  if (token !== undefined) void signIn(token, true);
}

export async function signIn(token: string, resuming = false): Promise<void> {
  session.set({ phase: 'signing_in', resuming });
  const client = new Client(new Http(base, token, (error) => expired(error)), place);
  try {
    const opened = await client.session();
    noteVendors(opened.vendors);
    if (token !== '') sessionStorage.setItem(TOKEN_KEY, token);
    const dashboard = new Dashboard(client, opened);
    session.set({ phase: 'signed_in', dashboard });
    dashboard.start();
  } catch (error) {
    const gone = error instanceof ApiError && error.offline;
    if (!gone) sessionStorage.removeItem(TOKEN_KEY);
    session.set({ phase: 'signed_out', ...problemOf(error) });
  }
}

export function signOut(problem?: string): void {
  if (session.value.phase === 'signed_in') session.value.dashboard.stop();
  sessionStorage.removeItem(TOKEN_KEY);
  resetView();
  session.set({ phase: 'signed_out', ...(problem !== undefined && { problem }) });
}

const UNKNOWN_TO_HOST = 'The app does not know you. Sign in to it in this browser, or give the token that it gave you.';

function expired(_error: ApiError): void {
  if (session.value.phase === 'signed_in')
    signOut(hostAccess ? UNKNOWN_TO_HOST : 'Your token is no longer valid. Sign in again.');
}

function problemOf(error: unknown): { problem: string; field?: boolean } {
  if (!(error instanceof ApiError)) return { problem: messageOf(error) };
  if (error.status === 401 && hostAccess) return { problem: UNKNOWN_TO_HOST, field: true };
  if (error.status === 401)
    return { problem: 'This token is not valid. Check that you copied all of it.', field: true };
  if (error.status === 403)
    return { problem: 'You may not see the dashboard. Ask whoever runs this app.', field: hostAccess };
  if (error.status === 404)
    return { problem: 'The admin API is switched off: this app runs in production without ADMIN_TOKEN.' };
  return { problem: error.message };
}
