import type { UsageFields } from '../vendors/contract/usage';
import type { Prices } from './prices';
import type { Usage } from './usage';
import { modelIn, UsageReader } from './usage-reader';

/** What of a vendor says how its answers are read and priced. */
export interface MeteredVendor {
  readonly name: string;
  /** Undefined where it states its counts as its wire format has it. */
  readonly usage?: UsageFields | undefined;
  /** Its name in lists of prices, where that is another. */
  readonly pricesName?: string | undefined;
}

/** Reads what the answers of one provider state to have used, and prices it. */
export class UsageMeter {
  #vendor: MeteredVendor | undefined;
  #reader = new UsageReader();

  /** @param vendorNow The provider's vendor: a checker that is registered later may bring another. */
  constructor(
    private readonly vendorNow: () => MeteredVendor,
    private readonly prices: Prices | undefined,
  ) {}

  /** Reads the answers of the vendor. */
  get reader(): UsageReader {
    this.#current();
    return this.#reader;
  }

  /**
   * Adds what the usage cost, where the vendor did not say, and the price is known.
   * @param named The answer, or the model that it names: the call may have named none, or one that has no price.
   * @param at Milliseconds since the epoch. Default now.
   */
  price(usage: Usage, model: string | undefined, named?: unknown, at?: number): void {
    if (this.prices === undefined || usage.costUsd !== undefined) return;
    const vendor = this.#current();
    let cost = model === undefined ? undefined : this.prices.costOf(vendor.name, model, usage, at);
    if (cost === undefined) {
      const answering = modelNamedBy(named);
      if (answering !== model || model === undefined) cost = this.prices.costOf(vendor.name, answering, usage, at);
    }
    if (cost !== undefined) usage.costUsd = cost;
  }

  #current(): MeteredVendor {
    const vendor = this.vendorNow();
    if (vendor !== this.#vendor) {
      this.#vendor = vendor;
      this.#reader = new UsageReader(vendor.usage);
      if (vendor.pricesName !== undefined) this.prices?.listedAs?.(vendor.name, vendor.pricesName);
    }
    return vendor;
  }
}

/** The model that an answer names. @param named The answer, or the name that was found in it. */
export const modelNamedBy = (named: unknown): string | undefined =>
  typeof named === 'string' ? named : modelIn(named);
