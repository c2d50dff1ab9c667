import type { Usage } from '../../usage/usage';

/** What is counted of the calls of a key, in the order of the columns. The cost is in hundred-millionths of a US dollar. */
export const USAGE_COUNTS = [
  /** Calls that the vendor has answered. */
  'requests',
  /** Those of them that stated what they used, and those of which the cost is known. */
  'stated',
  'priced',
  'inputTokens',
  'outputTokens',
  'cachedInputTokens',
  'cacheWriteTokens',
  'reasoningTokens',
  'cost',
] as const;
export type UsageCount = (typeof USAGE_COUNTS)[number];

const WIDTH = USAGE_COUNTS.length;
const COST = USAGE_COUNTS.indexOf('cost');
/** So that what is stored are whole numbers: a token of the cheapest model costs one of these. */
const COST_UNITS_PER_USD = 1e8;

/** What calls used in all, with how much of it is known. */
export interface UsageTotals extends Usage {
  /** Calls that the vendor has answered, and failed ones that stated what they used. */
  requests: number;
  /** Those of them that stated nothing: what they used is in no sum. */
  requestsWithoutUsage: number;
  /** Those that stated what they used, but not what it cost, and have no price that is known: `costUsd` is without them. */
  requestsWithoutCost: number;
}

/** Callers may make up the names of models: those beyond this are counted together, under no name. */
const MOST_MODELS = 16;
/** Other instances may have counted others; what a store says beyond this is counted under no name. */
const MOST_MODELS_OF_ALL = 64;
/** The name of calls that named no model, and of the models beyond the bound. */
const UNNAMED = '';

/** A row of counts, in the order of `USAGE_COUNTS`. */
type Counts = Record<number, number>;

/** Adds a call to a row of counts. @param requests 0 for one that was counted before. @param usage Undefined where it stated none. */
export function addToCounts(counts: Counts, requests: number, usage: Usage | undefined): void {
  counts[0]! += requests;
  if (usage === undefined) return;
  counts[1]! += 1;
  counts[3]! += usage.inputTokens;
  counts[4]! += usage.outputTokens;
  counts[5]! += usage.cachedInputTokens;
  counts[6]! += usage.cacheWriteTokens;
  counts[7]! += usage.reasoningTokens;
  if (usage.costUsd === undefined) return;
  counts[2]! += 1;
  counts[8]! += usage.costUsd * COST_UNITS_PER_USD;
}

/** What the calls of one model used. In plain lists, since so short a typed one takes more than twice the memory. */
class ModelUsage {
  readonly counts = new Array<number>(WIDTH).fill(0);
  /** The part that the store has. */
  readonly persisted = new Array<number>(WIDTH).fill(0);

  next: ModelUsage | undefined = undefined;

  constructor(readonly model: string) {}
}

/**
 * What the calls of one key used, by model. Written in batches, not on the path of a call. A linked list: most keys serve one model, and very many keys
 * have one of these.
 */
export class KeyUsage {
  #models: ModelUsage | undefined;
  #size = 0;
  #latest: ModelUsage | undefined;

  /** Counts an answered call. @param usage Undefined where it stated none. */
  count(model: string | undefined, usage: Usage | undefined): void {
    addToCounts(this.#of(model ?? UNNAMED, MOST_MODELS).counts, 1, usage);
  }

  /** Counts what a call stated after it had been counted as one that states nothing. */
  countLate(model: string | undefined, usage: Usage): void {
    addToCounts(this.#of(model ?? UNNAMED, MOST_MODELS).counts, 0, usage);
  }

  /** Adds what the store knows of it: what others counted, or this instance before its restart. */
  received(model: string, count: UsageCount, by: number): void {
    const { counts, persisted } = this.#of(model, MOST_MODELS_OF_ALL);
    const column = USAGE_COUNTS.indexOf(count);
    counts[column]! += by;
    persisted[column]! += by;
  }

  /** Gives what was counted since the last time, in whole numbers. */
  takeUnsent(add: (model: string, count: UsageCount, by: number) => void): void {
    for (const { model, counts, persisted } of this.#all()) {
      for (let column = 0; column < WIDTH; column += 1) {
        const by = Math.round(counts[column]! - persisted[column]!);
        if (by <= 0) continue;
        persisted[column]! += by;
        add(model, USAGE_COUNTS[column]!, by);
      }
    }
  }

  /** All of it, over all models. */
  totals(): UsageTotals {
    const sum = new Float64Array(WIDTH);
    for (const { counts } of this.#all()) for (let i = 0; i < WIDTH; i += 1) sum[i]! += counts[i]!;
    return totalsOf(sum);
  }

  /** The same by model; an empty name for the calls that named none. */
  *byModel(): Iterable<readonly [model: string, totals: UsageTotals]> {
    for (const { model, counts } of this.#all()) yield [model, totalsOf(counts)];
  }

  *#all(): Iterable<ModelUsage> {
    for (let usage = this.#models; usage !== undefined; usage = usage.next) yield usage;
  }

  #of(model: string, most: number): ModelUsage {
    if (model === this.#latest?.model) return this.#latest;
    let last: ModelUsage | undefined;
    for (const usage of this.#all()) {
      if (usage.model === model) return (this.#latest = usage);
      last = usage;
    }
    if (this.#size >= most && model !== UNNAMED) return this.#of(UNNAMED, most);
    const usage = new ModelUsage(model);
    if (last === undefined) this.#models = usage;
    else last.next = usage;
    this.#size += 1;
    return (this.#latest = usage);
  }
}

/** The counts of a row, in the order of `USAGE_COUNTS`, as people read them. */
export function totalsOf(counts: ArrayLike<number>): UsageTotals {
  const [requests, stated, priced, inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens] =
    Array.from(counts) as [number, number, number, number, number, number, number, number];
  return {
    requests,
    requestsWithoutUsage: Math.max(0, requests - stated),
    requestsWithoutCost: Math.max(0, stated - priced),
    inputTokens,
    outputTokens,
    cachedInputTokens,
    cacheWriteTokens,
    reasoningTokens,
    ...(priced > 0 && { costUsd: Math.round(counts[COST]!) / COST_UNITS_PER_USD }),
  };
}

/** What was never called has used nothing. */
export const NO_USAGE: Readonly<UsageTotals> = Object.freeze(totalsOf(new Float64Array(WIDTH)));

/** What several used together: the cost is the part that is known, and `requestsWithoutCost` says what it is without. */
export function addTotals(one: UsageTotals, other: UsageTotals): UsageTotals {
  const isPriced = one.costUsd !== undefined || other.costUsd !== undefined;
  return {
    requests: one.requests + other.requests,
    requestsWithoutUsage: one.requestsWithoutUsage + other.requestsWithoutUsage,
    requestsWithoutCost: one.requestsWithoutCost + other.requestsWithoutCost,
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    cachedInputTokens: one.cachedInputTokens + other.cachedInputTokens,
    cacheWriteTokens: one.cacheWriteTokens + other.cacheWriteTokens,
    reasoningTokens: one.reasoningTokens + other.reasoningTokens,
    ...(isPriced && { costUsd: (one.costUsd ?? 0) + (other.costUsd ?? 0) }),
  };
}
