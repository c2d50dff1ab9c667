import type { ResolvedProvider } from '../configuration/resolved-options';
import type { Budget } from '../pool/limits/budget';
import type { KeyPool } from '../pool/key-pool';

/** Of budgets in US dollars, where no price of the vendor is known: names the option, if one states them, and the mend; undefined where all is well. */
export function unpricedBudget(
  { provider, accounts: { meters } }: KeyPool,
  providers: ReadonlyMap<string, ResolvedProvider>,
): string | undefined {
  const vendor = meters.unpricedVendor;
  if (vendor === undefined) return undefined;
  const path = statedIn(providers.get(provider));
  const subject = path === undefined ? `A key of ${provider} has` : `providers.${provider}.${path} is`;
  return `${subject} a budget in US dollars, and ${mendOf(vendor)}`;
}

/** The same for the answer to who gives keys such budgets. */
export const unpricedBudgetNotice = (vendor: string): string => `The budgets are in US dollars, and ${mendOf(vendor)}`;

const mendOf = (vendor: string): string =>
  `no price of ${vendor} is known: each call counts as 0.01 USD, and a model is refused once an answer ` +
  'has shown that its price is not known. Install the list of prices, npm i @pydantic/genai-prices (or pnpm add @pydantic/genai-prices), ' +
  `or state those of ${vendor} in the option prices.`;

/** The option that states the first budget in US dollars. */
function statedIn({ budgets, keys }: Pick<ResolvedProvider, 'budgets' | 'keys'> = { keys: [] }): string | undefined {
  const lists = [
    ['budgets', budgets] as const,
    ...keys.map((key, index) => [`keys.${index}.budgets`, key.budgets] as const),
  ];
  for (const [path, list = []] of lists) {
    const index = list.findIndex(isInUsd);
    if (index >= 0) return `${path}.${index}`;
  }
  return undefined;
}

const isInUsd = ({ usd }: Budget): boolean => usd !== undefined;
