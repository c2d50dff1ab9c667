import type { Usage } from './usage';

/** What calls cost. */
export interface Prices {
  /**
   * What a call that used this cost, in US dollars; undefined where the price is not known.
   * @param model As the call named it, or as the answer does; undefined where neither named one.
   * @param at Milliseconds since the epoch: prices change. Default now.
   */
  costOf(vendor: string, model: string | undefined, usage: Usage, at?: number): number | undefined;
  /** Whether any price of the vendor may be known. */
  knowsVendor?(vendor: string): boolean;
  /** Says under which name a list of prices has the vendor. */
  listedAs?(vendor: string, name: string): void;
}

/** US dollars for a million tokens: one price, or one for requests whose input is larger than `above`. Ascending. */
export type Rate = number | { readonly base: number; readonly tiers: readonly { above: number; rate: number }[] };

/** What a model costs. A rate that is missing is not known. US dollars for a million tokens. */
export interface TokenPrice {
  readonly input?: Rate;
  readonly output?: Rate;
  /** Default: as `input`. */
  readonly cachedInput?: Rate;
  /** Default: as `input`. */
  readonly cacheWrite?: Rate;
  /** Of tokens that cost something else than the rest of input or output; default: as those. */
  readonly parts?: Readonly<Partial<Record<keyof UsageParts, Rate>>>;
  /** US dollars for each request. */
  readonly request?: number;
}

/** Tokens of a usage that some models have another price for. They are within its input and output. */
export interface UsageParts {
  readonly audioInput: number;
  readonly imageInput: number;
  /** Of the cache writes, those that are kept for an hour. */
  readonly longCacheWrite: number;
  readonly audioOutput: number;
  readonly imageOutput: number;
}

/** Few usages have such parts: a field for them would cost every call. */
const PARTS = new WeakMap<Usage, UsageParts>();
export const setParts = (usage: Usage, parts: UsageParts): void => void PARTS.set(usage, parts);

/** What the parts are priced as where they have no price of their own. */
const WHOLE = {
  audioInput: 'input',
  imageInput: 'input',
  longCacheWrite: 'cacheWrite',
  audioOutput: 'output',
  imageOutput: 'output',
} as const satisfies Record<keyof UsageParts, keyof TokenPrice>;

const MILLION = 1_000_000;

/** US dollars; undefined where a rate that is needed is not known. */
export function costBy(price: TokenPrice, usage: Usage): number | undefined {
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens } = usage;
  const input = rateAt(price.input, inputTokens);
  const output = rateAt(price.output, inputTokens);
  if ((inputTokens > 0 && input === undefined) || (outputTokens > 0 && output === undefined)) return undefined;
  let millionfold = inputTokens * (input ?? 0) + outputTokens * (output ?? 0);
  if (cachedInputTokens > 0)
    millionfold += cachedInputTokens * ((rateAt(price.cachedInput, inputTokens) ?? input!) - input!);
  if (cacheWriteTokens > 0)
    millionfold += cacheWriteTokens * ((rateAt(price.cacheWrite, inputTokens) ?? input!) - input!);
  if (price.parts !== undefined) millionfold += partsCost(price, usage);
  return millionfold / MILLION + (price.request ?? 0);
}

/** What the parts cost more, or less, than they were counted for. */
function partsCost(price: TokenPrice, usage: Usage): number {
  const parts = PARTS.get(usage);
  if (parts === undefined) return 0;
  let sum = 0;
  for (const [name, whole] of Object.entries(WHOLE) as [keyof UsageParts, (typeof WHOLE)[keyof UsageParts]][]) {
    const own = rateAt(price.parts?.[name], usage.inputTokens);
    const counted = rateAt(price[whole] ?? price.input, usage.inputTokens) ?? 0;
    if (own !== undefined) sum += parts[name] * (own - counted);
  }
  return sum;
}

function rateAt(rate: Rate | undefined, inputTokens: number): number | undefined {
  if (rate === undefined || typeof rate === 'number') return rate;
  let found = rate.base;
  for (const { above, rate: higher } of rate.tiers) if (inputTokens > above) found = higher;
  return found;
}
