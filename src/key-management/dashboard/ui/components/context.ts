import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Dashboard } from '../state/dashboard';

export const DashboardContext = createContext<Dashboard | undefined>(undefined);

export function useDashboard(): Dashboard {
  const dashboard = useContext(DashboardContext);
  if (!dashboard) throw new Error('This component needs a signed-in dashboard around it.');
  return dashboard;
}

/** Why actions are switched off; undefined for an administrator. */
export const useReadOnly = (): string | undefined =>
  useDashboard().session.role === 'admin' ? undefined : 'You are signed in as a viewer. This needs the admin token.';
