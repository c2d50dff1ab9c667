import type { Clock } from '../common/clock';
import { costBy, type Prices, type TokenPrice } from './prices';
import type { Usage } from './usage';

/** What the option `prices` says of a vendor or a model. US dollars for a million tokens, 0 or more. */
export interface PriceOptions {
  /** For calls that begin at this time or later. Default: from ever. Of two prices for the same time, the one that began last holds. */
  from?: Date;
  /** For calls that begin before this time. Default: without an end. */
  until?: Date;
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
  /** The one that was looked up before it: calls that began before a change end after it. */
  readonly former?: KnownPrice;
}

const NOTHING: KnownPrice = { vendor: '', model: '', price: undefined, from: 0, until: 0 };

type Rates = Omit<PriceOptions, 'from' | 'until'>;

/** What the user states for a time. Milliseconds since the epoch. */
interface StatedPrice {
  readonly from: number;
  readonly until: number;
  readonly rates: Rates;
}

/** The prices that are known: those that the user states, over those of the catalogue. */
export class PriceBook implements Prices {
  readonly #known = new Map<string, Map<string, KnownPrice>>();
  #size = 0;
  /** The price that was asked for last: calls of one model often follow each other. */
  #latest: KnownPrice = NOTHING;
  /** The names that the catalogue has for vendors. */
  readonly #listedAs = new Map<string, string>();
  /** What the user states, each list in the order in which the prices begin. */
  readonly #own: ReadonlyMap<string, readonly StatedPrice[]>;

  /** @param own By vendor, or by vendor and model: `openai/gpt-5`. */
  constructor(
    own: Readonly<Record<string, PriceOptions | readonly PriceOptions[] | undefined>>,
    private readonly catalog: PriceCatalog,
    private readonly clock: Clock,
  ) {
    this.#own = new Map(Object.entries(own).map(([name, given = []]) => [name, statedPrices(given)]));
  }

  listedAs(vendor: string, name: string): void {
    if (this.#listedAs.get(vendor) === name) return;
    this.#listedAs.set(vendor, name);
    this.#clear();
  }

  /** Whether any price of the vendor may be known: that of a model is found when it is called. */
  knowsVendor(vendor: string): boolean {
    const isOwn = Array.from(this.#own.keys()).some((name) => name === vendor || name.startsWith(`${vendor}/`));
    return isOwn || this.catalog.has(this.#listedAs.get(vendor) ?? vendor);
  }

  costOf(vendor: string, model: string | undefined, usage: Usage, at = this.clock.now()): number | undefined {
    const price = this.#price(vendor, model ?? '', at);
    return price && costBy(price, usage);
  }

  #price(vendor: string, model: string, at: number): TokenPrice | undefined {
    const latest = this.#latest;
    if (latest.model === model && latest.vendor === vendor && holdsAt(latest, at)) return latest.price;
    const known = this.#known.get(vendor)?.get(model);
    if (known !== undefined && holdsAt(known, at)) this.#latest = known;
    else if (known?.former !== undefined && holdsAt(known.former, at)) return known.former.price;
    else return this.#lookUp(vendor, model, at);
    return known.price;
  }

  #lookUp(vendor: string, model: string, at: number): TokenPrice | undefined {
    if (this.#size >= MAX_MODELS) this.#clear();
    let models = this.#known.get(vendor);
    if (models === undefined) this.#known.set(vendor, (models = new Map<string, KnownPrice>()));
    const former = models.get(model);
    if (former === undefined) this.#size += 1;
    const stated = [...(this.#own.get(vendor) ?? []), ...(this.#own.get(`${vendor}/${model}`) ?? [])];
    let from = Math.floor(at / KEPT_MS) * KEPT_MS;
    let until = from + KEPT_MS;
    for (const turn of stated.flatMap((each) => [each.from, each.until]))
      if (turn <= at) from = Math.max(from, turn);
      else until = Math.min(until, turn);
    const price = this.#found(vendor, model, at);
    const found = { vendor, model, price, from, until };
    models.set(model, (this.#latest = former ? { ...found, former: { ...former, former: undefined } } : found));
    return price;
  }

  /** All are looked up again: that is cheaper than to keep the order of all calls. */
  #clear(): void {
    this.#known.clear();
    this.#latest = NOTHING;
    this.#size = 0;
  }

  #found(vendor: string, model: string, at: number): TokenPrice | undefined {
    const own: Rates = { ...this.#ownAt(vendor, at), ...this.#ownAt(`${vendor}/${model}`, at) };
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

  #ownAt(name: string, at: number): Rates | undefined {
    return this.#own.get(name)?.findLast((each) => holdsAt(each, at))?.rates;
  }
}

const holdsAt = ({ from, until }: { readonly from: number; readonly until: number }, at: number): boolean =>
  at >= from && at < until;

/** By their beginning. What is left out of the rates is not there: `undefined` overrules nothing. */
function statedPrices(given: PriceOptions | readonly PriceOptions[]): readonly StatedPrice[] {
  return [given]
    .flat()
    .map(({ from, until, ...rates }) => ({
      from: from === undefined ? -Infinity : new Date(from).getTime(),
      until: until === undefined ? Infinity : new Date(until).getTime(),
      rates: Object.fromEntries(Object.entries<unknown>(rates).filter(([, rate]) => rate !== undefined)),
    }))
    .sort((one, other) => (one.from === other.from ? 0 : one.from - other.from));
}
