import { OUTCOMES } from '../../vendors/contract/outcome';
import { USAGE_COUNTS } from '../../pool/key/key-usage';
import { DAY_MS, HOUR_MS, USAGE_WIDTH, WIDTH } from './measures';
import { BINS } from './bin-count';

/** Letters of the measures in the store's fields, in the order of the columns. */
const LETTERS = ['r', 'f', 'l', 'x', 'n', 't', 'a', 'k', 'e'] as const;
/** The same of what calls used, in the order of `USAGE_COUNTS`. */
const USAGE_LETTERS = ['un', 'us', 'up', 'ui', 'uo', 'uc', 'uw', 'ur', 'ud'] as const;

/** The layout of one kind of document of a provider's counters. */
export interface DocumentKind {
  readonly name: string;
  readonly fields: readonly string[];
  readonly columns: ReadonlyMap<string, number>;
  /** Milliseconds that one document spans, and how many of them are kept; 0 for the one that is kept for ever. */
  readonly spanMs: number;
  readonly keep: number;
}

const kind = (name: string, fields: readonly string[], spanMs = 0, keep = 0): DocumentKind => ({
  name,
  fields,
  columns: new Map(fields.map((field, column) => [field, column])),
  spanMs,
  keep,
});

const cellsOf = (buckets: number, letters: readonly string[]): string[] =>
  Array.from({ length: buckets }, (_, bucket) => letters.map((letter) => `${bucket}${letter}`)).flat();
/** What calls used comes last: earlier versions of the package do not know it. */
const cells = (buckets: number): string[] => [...cellsOf(buckets, LETTERS), ...cellsOf(buckets, USAGE_LETTERS)];

export const TOTAL_COLUMN = {
  requests: 0,
  failures: 1,
  retries: 2,
  keysRemoved: 3,
  outcomes: 4,
  usage: 4 + OUTCOMES.length,
} as const;

/** The first column of what calls used in a bucket of a document that has this many. */
export const usageColumn = (buckets: number, bucket: number): number => buckets * WIDTH + bucket * USAGE_WIDTH;

const SUMS = [
  'requests',
  'failures',
  'retries',
  'keys_removed',
  ...OUTCOMES.map((outcome) => `outcome:${outcome}`),
  ...USAGE_COUNTS.map((count) => `usage:${count}`),
];
/** Sums since the first start of a provider of the app, which every instance keeps: the sums of all are made of them. */
export const TOTALS = kind('total', SUMS);
/** The same of a pool that was opened at run time. Only those keep it who have opened the pool: the sums of all such pools stand in one document. */
export const OPENED = kind('opened', SUMS);
/** Sixty minutes in one document: an hour is forgotten with one change. */
export const MINUTES = kind('minutes', cells(60), HOUR_MS, 4);
export const HOURS = kind('hours', cells(24), DAY_MS, 31);
/** The quantile sketch of an hour, bin by bin. */
export const TIMES = kind(
  'times',
  Array.from({ length: BINS }, (_, bin) => `b${bin}`),
  HOUR_MS,
  25,
);

/** Counters that all instances add to (grow-only counters), by column, and the part that this instance has not yet handed to the store. */
export class CounterDocument {
  readonly sums: Float64Array;
  #unsent: Float64Array | undefined;

  constructor(readonly kind: DocumentKind) {
    this.sums = new Float64Array(kind.fields.length);
  }

  add(column: number, by: number): void {
    if (by === 0) return;
    this.sums[column]! += by;
    (this.#unsent ??= new Float64Array(this.sums.length))[column]! += by;
  }

  /** Adds what another instance counted: it is not sent to the store again. */
  received(column: number, by: number): void {
    this.sums[column]! += by;
  }

  /** Takes out what stands in the other document, which was part of this one. */
  take({ sums }: CounterDocument): void {
    sums.forEach((sum, column) => (this.sums[column]! -= sum));
  }

  /** Gives what was added since the last time, if anything was. */
  takeUnsent(add: (field: string, by: number) => void): boolean {
    const unsent = this.#unsent;
    this.#unsent = undefined;
    unsent?.forEach((by, column) => {
      if (by !== 0) add(this.kind.fields[column]!, by);
    });
    return unsent !== undefined;
  }
}
