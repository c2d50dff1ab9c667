import type { Usage } from './usage';

/** What vendors ask for the usage of their models. */
export interface Prices {
  /** US dollars; undefined where the price is not known. */
  costOf(vendor: string, model: string | undefined, usage: Usage): number | undefined;
}
