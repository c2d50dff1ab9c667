import type { ResolvedOptions } from '../../configuration/resolved-options';

const DEFAULT = 8;

/** How many accounts of the provider are asked for an object of which nobody knows whose it is. */
export const mostAsked = ({ providers }: Pick<ResolvedOptions, 'providers'>, provider: string): number =>
  providers.get(provider)?.maxAccountsAsked ?? DEFAULT;
