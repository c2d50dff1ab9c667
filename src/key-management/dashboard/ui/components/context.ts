import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Dashboard } from '../state/dashboard';
import { providerList, type ProviderList } from '../state/provider-list';
import { useStore } from '../state/store';

export const DashboardContext = createContext<Dashboard | undefined>(undefined);

export function useDashboard(): Dashboard {
  const dashboard = useContext(DashboardContext);
  if (!dashboard) throw new Error('This component needs a signed-in dashboard around it.');
  return dashboard;
}

/** Why actions are switched off; undefined for an administrator. */
export const useReadOnly = (): string | undefined =>
  useDashboard().session.role === 'admin' ? undefined : 'You are signed in as a viewer. This needs the admin token.';

/** The providers and how they stand, rendered anew when figures or keys change. */
export function useProviders(): ProviderList {
  const { data } = useDashboard();
  return useStore(data.state, () => providerList(data));
}
