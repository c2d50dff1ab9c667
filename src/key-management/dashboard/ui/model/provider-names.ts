import type { VendorName } from '../api/types';

/** By provider, as the server says whose keys it takes. */
const vendors = new Map<string, VendorName>();

/** What the server says; what it does not name stays as it was. */
export function noteVendors(named: Readonly<Record<string, VendorName>>): void {
  for (const [provider, vendor] of Object.entries(named)) vendors.set(provider, vendor);
}

/** A provider that is called as its vendor is shown by the vendor's own name; any other by its own. */
export function providerName(provider: string): string {
  const vendor = vendors.get(provider);
  return vendor?.name === provider ? vendor.label : provider;
}

/** The vendor's label, where the provider's name does not say it already; otherwise nothing. */
export const vendorBeside = (provider: string, label: string): string | undefined =>
  [provider, providerName(provider)].some((name) => name.toLowerCase() === label.toLowerCase()) ? undefined : label;
