import type { LearnedOfAccount, PartsPort } from '../../pool/limits/part';
import type { Json } from '../port/key-store';

const MINUTE_MS = 60_000;
/** Rates that differ by less are not told anew. */
const NEWS = 0.02;
/** What was measured since is told after this time; milliseconds. */
const EVERY_MS = 1_000;
/** No more accounts are told of, the first of the pool. */
const MOST_TOLD = 1_000;
/** Of so many limits it is remembered that another instance told them, the latest: callers may name any number of models. */
const MOST_HEARD = 10_000;

/**
 * What instances learn of the accounts of one provider, from headers and from refusals, told to each other in the documents that they report in: so an
 * instance that comes, or comes late to an account, does not run into a limit that others know.
 */
export class LearnedRates {
  #told: ReadonlyMap<string, LearnedOfAccount> = new Map();
  #toldAt = -Infinity;
  #learned: readonly LearnedOfAccount[] = [];
  /** What others have told: it is news to nobody, and told again for those that come when they are gone. */
  readonly #heard = new Set<string>();

  constructor(private readonly port: Pick<PartsPort, 'takeLearned' | 'told'>) {}

  /** What is to be told to the others now, if anything: all that this instance has learned itself. A limit that is new is told at once. */
  news(now: number): Json | undefined {
    this.#learned = this.port.takeLearned()?.slice(0, MOST_TOLD) ?? this.#learned;
    const isNew = this.#learned.some(
      (learned) => !this.#told.has(nameOf(learned)) && !this.#heard.has(nameOf(learned)),
    );
    if (!isNew && (now - this.#toldAt < EVERY_MS || !this.#learned.some((learned) => this.#isNews(learned))))
      return undefined;
    this.#told = new Map(this.#learned.map((learned) => [nameOf(learned), learned]));
    this.#toldAt = now;
    return learnedJson(this.#learned);
  }

  /** Takes in what another instance has told. False where it makes no sense. */
  read(value: Json): boolean {
    const learned = readLearned(value);
    if (learned === undefined) return false;
    for (const each of learned) this.#hear(nameOf(each));
    this.port.told(learned);
    return true;
  }

  #hear(name: string): void {
    this.#heard.delete(name);
    this.#heard.add(name);
    for (const oldest of this.#heard) {
      if (this.#heard.size <= MOST_HEARD) break;
      this.#heard.delete(oldest);
    }
  }

  #isNews(learned: LearnedOfAccount): boolean {
    const before = this.#told.get(nameOf(learned));
    if (before === undefined || Math.abs(learned.perMs / before.perMs - 1) > NEWS) return true;
    return Math.abs((learned.capacity ?? 0) - (before.capacity ?? 0)) > NEWS * (before.capacity ?? 0);
  }
}

const nameOf = ({ account, model, dimension }: LearnedOfAccount): string => `${account}\n${dimension}\n${model ?? ''}`;

/** Rates are stored by the minute, with so many digits: a store and a log of it stay readable. */
const learnedJson = (learned: readonly LearnedOfAccount[]): Json =>
  learned.map(({ account, model, dimension, perMs, calls, capacity }) => [
    account,
    model ?? '',
    dimension,
    short(perMs * MINUTE_MS),
    calls,
    ...(capacity === undefined ? [] : [short(capacity)]),
  ]);

const short = (value: number): number => Number(value.toPrecision(6));

/** Nothing read from a store can stop an instance: what makes no sense is undefined. */
function readLearned(value: Json): LearnedOfAccount[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const all: LearnedOfAccount[] = [];
  for (const row of value) {
    if (!Array.isArray(row)) return undefined;
    const [account, model, dimension, perMinute, calls, capacity] = row;
    if (typeof account !== 'string' || typeof model !== 'string') return undefined;
    if (dimension !== 'requests' && dimension !== 'tokens') return undefined;
    if (!isAmount(perMinute) || perMinute === 0 || !isAmount(calls)) return undefined;
    if (capacity !== undefined && (!isAmount(capacity) || capacity === 0)) return undefined;
    all.push({
      account,
      model: model === '' ? undefined : model,
      dimension,
      perMs: perMinute / MINUTE_MS,
      calls,
      ...(capacity !== undefined && { capacity }),
    });
  }
  return all;
}

const isAmount = (value: unknown): value is number => Number.isFinite(value) && (value as number) >= 0;
