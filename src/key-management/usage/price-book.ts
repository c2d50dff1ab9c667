import type { Clock } from '../common/clock';
import { costBy, type Prices, type TokenPrice } from './prices';
import type { Usage } from './usage';

/** What the option `prices` says of a vendor or a model. US dollars for a million tokens, 0 or more. */
export interface PriceOptions {
  inputUsdPerMillion?: number;
  outputUsdPerMillion?: number;
  /** Of input that is read from a cache. Default: the catalogue's, else as other input. */
  cachedInputUsdPerMillion?: number;
  /** Of input that is written to a cache. Default: the catalogue's, else as other input. */
  cacheWriteUsdPerMillion?: number;
}

/** A list of prices: `undefined` for what it does not know. */
export interface PriceCatalog {
  /** @param vendor By the name that the list has for it. */
  priceOf(vendor: string, model: string, at: Date): TokenPrice | undefined;
  /** Whether the list is there, and has the vendor. */
  has(vendor: string): boolean;
}

/** Some vendors have prices for times of the day, to the half hour: a price is looked up again after as long. Milliseconds. */
const KEPT_MS = 30 * 60_000;
/** Callers may make up names of models. The oldest makes room for a new one. */
const MAX_MODELS = 1_024;

interface KnownPrice {
  readonly vendor: string;
  readonly model: string;
  readonly price: TokenPrice | undefined;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly until: number;
}

const NOTHING: KnownPrice = { vendor: '', model: '', price: undefined, from: 0, until: 0 };

/** The prices that are known: those that the user states, over those of the catalogue. */
export class PriceBook implements Prices {
  readonly #known = new Map<string, Map<string, KnownPrice>>();
  #size = 0;
  /** The price that was asked for last: calls of one model often follow each other. */
  #latest: KnownPrice = NOTHING;
  /** The names that the catalogue has for vendors. */
  readonly #listedAs = new Map<string, string>();

  /** @param own By vendor, or by vendor and model: `openai/gpt-5`. */
  constructor(
    private readonly own: Readonly<Record<string, PriceOptions>>,
    private readonly catalog: PriceCatalog,
    private readonly clock: Clock,
  ) {}

  listedAs(vendor: string, name: string): void {
    if (this.#listedAs.get(vendor) === name) return;
    this.#listedAs.set(vendor, name);
    this.#clear();
  }

  /** Whether any price of the vendor may be known: that of a model is found when it is called. */
  knowsVendor(vendor: string): boolean {
    const isOwn = Object.keys(this.own).some((name) => name === vendor || name.startsWith(`${vendor}/`));
    return isOwn || this.catalog.has(this.#listedAs.get(vendor) ?? vendor);
  }

  costOf(vendor: string, model: string | undefined, usage: Usage, at = this.clock.now()): number | undefined {
    const price = this.#price(vendor, model ?? '', at);
    return price && costBy(price, usage);
  }

  #price(vendor: string, model: string, at: number): TokenPrice | undefined {
    const latest = this.#latest;
    if (latest.model === model && latest.vendor === vendor && at < latest.until && at >= latest.from)
      return latest.price;
    const known = this.#known.get(vendor)?.get(model);
    if (known === undefined || at >= known.until || at < known.from) return this.#lookUp(vendor, model, at);
    this.#latest = known;
    return known.price;
  }

  #lookUp(vendor: string, model: string, at: number): TokenPrice | undefined {
    if (this.#size >= MAX_MODELS) this.#clear();
    let models = this.#known.get(vendor);
    if (models === undefined) this.#known.set(vendor, (models = new Map<string, KnownPrice>()));
    if (!models.has(model)) this.#size += 1;
    const price = this.#found(vendor, model, at);
    const from = Math.floor(at / KEPT_MS) * KEPT_MS;
    models.set(model, (this.#latest = { vendor, model, price, from, until: from + KEPT_MS }));
    return price;
  }

  /** All are looked up again: that is cheaper than to keep the order of all calls. */
  #clear(): void {
    this.#known.clear();
    this.#latest = NOTHING;
    this.#size = 0;
  }

  #found(vendor: string, model: string, at: number): TokenPrice | undefined {
    const own = { ...ownOf(this.own, vendor), ...ownOf(this.own, `${vendor}/${model}`) };
    const isWhole = own.inputUsdPerMillion !== undefined && own.outputUsdPerMillion !== undefined;
    const listed =
      model === '' ? undefined : this.catalog.priceOf(this.#listedAs.get(vendor) ?? vendor, model, new Date(at));
    if (Object.keys(own).length === 0) return listed;
    const { inputUsdPerMillion: input, outputUsdPerMillion: output } = own;
    return {
      // What the user states is the whole price: the catalogue's for pictures and sound would be those of another price.
      ...(isWhole ? { cachedInput: listed?.cachedInput, cacheWrite: listed?.cacheWrite } : listed),
      ...(input !== undefined && { input }),
      ...(output !== undefined && { output }),
      ...(own.cachedInputUsdPerMillion !== undefined && { cachedInput: own.cachedInputUsdPerMillion }),
      ...(own.cacheWriteUsdPerMillion !== undefined && { cacheWrite: own.cacheWriteUsdPerMillion }),
    };
  }
}

/** Without what is left out: `undefined` overrules nothing. */
function ownOf(own: Readonly<Record<string, PriceOptions>>, name: string): PriceOptions {
  const given = Object.hasOwn(own, name) ? own[name] : undefined;
  return Object.fromEntries(Object.entries(given ?? {}).filter(([, rate]) => rate !== undefined));
}
