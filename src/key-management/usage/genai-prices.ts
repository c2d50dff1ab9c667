import type * as GenAiPrices from '@pydantic/genai-prices';
import { absentPeer } from '../common/optional-peer';
import type { PriceCatalog } from './price-book';
import type { Rate, TokenPrice, UsageParts } from './prices';

type Package = Pick<typeof GenAiPrices, 'calcPrice' | 'findProvider'>;
/** By the names that the package has for prices. */
type Listed = Readonly<Record<string, unknown>>;

/** Undefined where the package is not installed: then prices are not known. */
function loadPackage(): Package | undefined {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at the start, and apps may do without
    return require('@pydantic/genai-prices') as Package;
  } catch (error) {
    return absentPeer('@pydantic/genai-prices', error);
  }
}

/** A token of each kind, so that a model which has a price for none of them is found all the same. */
const SAMPLE = { input_tokens: 1, output_tokens: 1 };

/** The prices of `@pydantic/genai-prices`, where the app has it. It is loaded when the first price is asked for. */
export class GenAiPriceCatalog implements PriceCatalog {
  #package: Package | undefined;
  #isLoaded = false;

  priceOf(providerId: string, model: string, at: Date): TokenPrice | undefined {
    if (!this.has(providerId)) return undefined;
    try {
      const found = this.#package!.calcPrice(SAMPLE, plainName(model), { providerId, timestamp: at });
      return found === null || found.provider.id !== providerId ? undefined : priceIn(found.model_price);
    } catch {
      return undefined;
    }
  }

  has(providerId: string): boolean {
    if (!this.#isLoaded) {
      this.#isLoaded = true;
      this.#package = loadPackage();
    }
    try {
      // It guesses at names that it does not know, and the price of another vendor is none of this one.
      return this.#package?.findProvider({ providerId })?.id === providerId;
    } catch {
      return false;
    }
  }
}

/** Google's clients write the collection before the model. */
const plainName = (model: string): string => model.replace(/^models\//, '');

const PARTS: Readonly<Record<keyof UsageParts, string>> = {
  audioInput: 'input_audio_mtok',
  imageInput: 'input_image_mtok',
  longCacheWrite: 'cache_write_1h_mtok',
  audioOutput: 'output_audio_mtok',
  imageOutput: 'output_image_mtok',
};

function priceIn(listed: Listed): TokenPrice {
  const parts = Object.entries(PARTS).flatMap(([part, name]) => {
    const rate = rateIn(listed[name]);
    return rate === undefined ? [] : [[part, rate] as const];
  });
  const perThousand = listed.requests_kcount;
  return {
    input: rateIn(listed.input_mtok),
    output: rateIn(listed.output_mtok),
    cachedInput: rateIn(listed.cache_read_mtok),
    cacheWrite: rateIn(listed.cache_write_mtok),
    parts: parts.length === 0 ? undefined : Object.fromEntries(parts),
    request: typeof perThousand === 'number' ? perThousand / 1_000 : undefined,
  };
}

function rateIn(listed: unknown): Rate | undefined {
  if (typeof listed === 'number') return listed;
  const { base, tiers } = (listed ?? {}) as { base?: unknown; tiers?: { start: number; price: number }[] };
  if (typeof base !== 'number') return undefined;
  return { base, tiers: (tiers ?? []).map(({ start, price }) => ({ above: start, rate: price })) };
}
