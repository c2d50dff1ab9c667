import { isObject } from '../classification/evidence/safe-read';
import type { UsageFields } from '../vendors/contract/usage';
import { addedCounts, firstCount, pathOf, valueAt, type Path } from './field-paths';
import { placeInSdk, sdkUsage } from './sdk-usage';
import { knownUsage, usageOf, withAdded } from './stated-counts';
import type { Usage } from './usage';

/** Where every format states the counts. */
const COMMON_PLACES = ['usage', 'usageMetadata'] as const;
const TOTALS: readonly Path[] = [['total_tokens'], ['totalTokenCount'], ['totalTokens']];

const paths = (names: readonly string[] = []): readonly Path[] => names.map(pathOf);

/** A vendor's fields, ready to be read. */
class OwnFields {
  readonly places: readonly Path[];
  readonly input: readonly Path[];
  readonly addedInput: readonly Path[];
  readonly output: readonly Path[];
  readonly addedOutput: readonly Path[];
  readonly cachedInput: readonly Path[];
  readonly cacheWrite: readonly Path[];
  readonly reasoning: readonly Path[];
  readonly cost: readonly Path[];
  readonly costUnitsPerUsd: number;

  constructor(fields: UsageFields) {
    this.places = paths(fields.places);
    this.input = paths(fields.input);
    this.addedInput = paths(fields.addedInput);
    this.output = paths(fields.output);
    this.addedOutput = paths(fields.addedOutput);
    this.cachedInput = paths(fields.cachedInput);
    this.cacheWrite = paths(fields.cacheWrite);
    this.reasoning = paths(fields.reasoning);
    this.cost = paths(fields.cost);
    this.costUnitsPerUsd = fields.costUnitsPerUsd ?? 1;
  }

  /** What the object states, over what it states as all others do. */
  over(stated: object, known: Usage | undefined): Usage | undefined {
    const input = firstCount(stated, this.input) ?? known?.inputTokens;
    const output = firstCount(stated, this.output) ?? known?.outputTokens;
    const cost = firstCount(stated, this.cost);
    if (input === undefined && output === undefined && cost === undefined) return undefined;
    const whole = (input ?? 0) + addedCounts(stated, this.addedInput);
    const total = firstCount(stated, TOTALS);
    const usage = usageOf(
      whole,
      withAdded(whole, output ?? 0, addedCounts(stated, this.addedOutput), total),
      firstCount(stated, this.cachedInput) ?? known?.cachedInputTokens ?? 0,
      firstCount(stated, this.cacheWrite) ?? known?.cacheWriteTokens ?? 0,
      firstCount(stated, this.reasoning) ?? known?.reasoningTokens ?? 0,
    );
    if (cost !== undefined) usage.costUsd = cost / this.costUnitsPerUsd;
    return usage;
  }
}

/** The answer of a vendor or an SDK, as far as the counts go. */
interface Answer {
  readonly totalUsage?: unknown;
  readonly usage?: unknown;
  readonly usageMetadata?: unknown;
  readonly usage_metadata?: unknown;
  readonly eval_count?: unknown;
}

/** Reads what the answers of one vendor state to have used. */
export class UsageReader {
  readonly #own: OwnFields | undefined;
  /** The names of the objects that hold the counts, as a text of JSON has them: in quotes. */
  readonly names: readonly string[];
  /** The names of counts that stand in the answer itself. */
  readonly bareNames: readonly string[];

  /** @param fields Of the vendor's profile; undefined for a vendor that states its counts as its wire format has it. */
  constructor(fields?: UsageFields) {
    this.#own = fields && new OwnFields(fields);
    const places = this.#own?.places ?? [];
    this.names = [...new Set([...COMMON_PLACES, ...places.flatMap((path) => path.at(-1) ?? [])])].map(
      (name) => `"${name}"`,
    );
    const isBare = places.some((path) => path.length === 0);
    const { input = [], output = [] } = fields ?? {};
    this.bareNames = isBare ? [...input, ...output] : [];
  }

  /**
   * What the answer states to have used, as a vendor or an SDK gives it; undefined where it states nothing, or cannot be read: a getter of the
   * answer may throw.
   */
  read(answer: unknown): Usage | undefined {
    if (typeof answer !== 'object' || answer === null) return undefined;
    try {
      // The AI SDK's streams begin to be read when their usage is asked for.
      if ('textStream' in answer) return undefined;
      // Each is read only where the one before is not there: this is on the path of every call.
      const given: Answer = answer;
      const stated = given.totalUsage ?? given.usage ?? given.usageMetadata ?? given.usage_metadata;
      const found = isObject(stated) ? this.counts(stated) : undefined;
      if (found !== undefined) return found;
      return this.#elsewhere(answer) ?? (given.eval_count === undefined ? undefined : sdkUsage(answer));
    } catch {
      return this.#unreadable(answer);
    }
  }

  /** The counts of the object that holds them. May throw what a getter throws. */
  counts(stated: object): Usage | undefined {
    const known = knownUsage(stated) ?? sdkUsage(stated);
    const own = this.#own;
    return own === undefined ? known : own.over(stated, known);
  }

  #elsewhere(answer: object): Usage | undefined {
    for (const path of this.#own?.places ?? []) {
      const stated = valueAt(answer, path);
      const found = isObject(stated) ? this.counts(stated) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** One property of the answer throws; others may not. */
  #unreadable(answer: object): Usage | undefined {
    try {
      const stated = placeInSdk(answer);
      return stated && this.counts(stated);
    } catch {
      return undefined;
    }
  }
}

/** The model that an answer names; undefined where it names none. */
export function modelIn(answer: unknown): string | undefined {
  if (!isObject(answer)) return undefined;
  try {
    const { model, modelVersion } = answer as { model?: unknown; modelVersion?: unknown };
    const name = model ?? modelVersion;
    return typeof name === 'string' && name !== '' ? name : undefined;
  } catch {
    return undefined;
  }
}
