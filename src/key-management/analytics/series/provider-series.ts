import { getOrCreate } from '../../common/get-or-create';
import { OUTCOMES, type Outcome } from '../../vendors/contract/outcome';
import {
  BUCKET_MS,
  HOUR_MS,
  MEASURES,
  USAGE_WIDTH,
  WIDTH,
  type Measure,
  type Resolution,
  type SeriesEntry,
} from './measures';
import type { ProviderTally } from './provider-tally';
import { totalsOf, type UsageTotals } from '../../pool/key/key-usage';
import {
  HOURS,
  MINUTES,
  CounterDocument,
  OPENED,
  TIMES,
  TOTAL_COLUMN,
  TOTALS,
  usageColumn,
  type DocumentKind,
} from './counter-document';

/** Sums of one provider since the first start, of all instances. */
export interface ProviderTotals {
  readonly requests: number;
  readonly failures: number;
  readonly retries: number;
  readonly keysRemoved: number;
  readonly outcomes: Partial<Record<Outcome, number>>;
  readonly usage: UsageTotals;
}

const PERIODIC = [MINUTES, HOURS, TIMES] as const;
/** Hours that the quantiles look back. */
const QUANTILE_HOURS = 24;

/** All counters of one provider: totals, minutes, hours, and the hours' response times. About 0.7 MB, whatever the load. */
export class ProviderSeries {
  /** Sums since the first start. */
  readonly totals: CounterDocument;
  readonly #periodic = new Map<DocumentKind, Map<number, CounterDocument>>(PERIODIC.map((kind) => [kind, new Map()]));

  /** @param together Of a pool that was opened at run time: the sums of all such pools, which what is counted here is added to. */
  constructor(private readonly together?: CounterDocument) {
    this.totals = new CounterDocument(together ? OPENED : TOTALS);
  }

  /** Takes over what was counted in the minute (since the epoch), and empties the tally. */
  take(tally: ProviderTally, minute: number): void {
    const { requests, failures, retries, keysRemoved, outcomes } = TOTAL_COLUMN;
    this.#addTotal(requests, tally.requests);
    this.#addTotal(failures, tally.failures);
    this.#addTotal(retries, tally.retries);
    this.#addTotal(keysRemoved, tally.keysRemoved);
    tally.outcomes.forEach((count, i) => this.#addTotal(outcomes + i, count));
    const hour = Math.floor(minute / 60);
    const [minutes, hours] = [this.document(MINUTES, hour), this.document(HOURS, Math.floor(hour / 24))];
    this.#addMeasures(minutes, (minute % 60) * WIDTH, tally);
    this.#addMeasures(hours, (hour % 24) * WIDTH, tally);
    tally.usage.forEach((count, i) => {
      const whole = Math.round(count);
      this.#addTotal(TOTAL_COLUMN.usage + i, whole);
      minutes.add(usageColumn(60, minute % 60) + i, whole);
      hours.add(usageColumn(24, hour % 24) + i, whole);
    });
    if (tally.responses > 0) {
      const times = this.document(TIMES, hour);
      tally.bins.forEach((count, bin) => times.add(bin, count));
    }
    tally.clear();
  }

  /** Sums since the first start. */
  total(): ProviderTotals {
    return totalsIn(this.totals.sums);
  }

  /** Every bucket from..to (numbers of minutes or hours since the epoch), from the first that holds anything. */
  timeline(resolution: Resolution, from: number, to: number): SeriesEntry[] {
    const entries: SeriesEntry[] = [];
    for (let bucket = from; bucket <= to; bucket += 1) {
      const entry = this.#entry(resolution, bucket);
      if (entries.length > 0 || isBusy(entry)) entries.push(entry);
    }
    return entries;
  }

  /** Sketch bins of the last 24 hours, hour by hour. */
  *recentTimes(now: number): Iterable<Float64Array> {
    const last = Math.floor(now / HOUR_MS);
    for (const [hour, { sums }] of this.#of(TIMES)) if (hour > last - QUANTILE_HOURS && hour <= last) yield sums;
  }

  /** The document of the period (a number of spans since the epoch), made if it is new. */
  document(kind: DocumentKind, period: number): CounterDocument {
    return getOrCreate(this.#of(kind), period, () => new CounterDocument(kind));
  }

  *documents(): Iterable<readonly [document: CounterDocument, period: number | undefined]> {
    yield [this.totals, this.totals.kind === OPENED ? 0 : undefined];
    for (const documents of this.#periodic.values()) for (const [period, each] of documents) yield [each, period];
  }

  /** Forgets what is older than is kept, and tells of each. */
  prune(now: number, dropped: (kind: DocumentKind, period: number) => void): void {
    for (const [kind, documents] of this.#periodic) {
      for (const period of [...documents.keys()]) {
        if (isKept(kind, period, now)) continue;
        documents.delete(period);
        dropped(kind, period);
      }
    }
  }

  #entry(resolution: Resolution, bucket: number): SeriesEntry {
    const [kind, per] = resolution === 'minute' ? ([MINUTES, 60] as const) : ([HOURS, 24] as const);
    const sums = this.#of(kind).get(Math.floor(bucket / per))?.sums;
    const first = (bucket % per) * WIDTH;
    const measured = MEASURES.map((measure, column) => [measure, sums?.[first + column] ?? 0]);
    const used = usageColumn(per, bucket % per);
    const usage = sums && totalsOf(sums.subarray(used, used + USAGE_WIDTH));
    return {
      at: bucket * BUCKET_MS[resolution],
      ...(Object.fromEntries(measured) as Record<Measure, number>),
      ...(usage && hasUsed(usage) && { usage }),
    };
  }

  #addTotal(column: number, by: number): void {
    this.totals.add(column, by);
    this.together?.add(column, by);
  }

  #addMeasures(document: CounterDocument, first: number, tally: ProviderTally): void {
    MEASURES.forEach((measure, column) => document.add(first + column, tally[measure]));
  }

  #of(kind: DocumentKind): Map<number, CounterDocument> {
    return this.#periodic.get(kind)!;
  }
}

/** The sums of a document of totals, by their names. */
export function totalsIn(sums: Float64Array): ProviderTotals {
  const counted = OUTCOMES.map((outcome, i) => [outcome, sums[TOTAL_COLUMN.outcomes + i]!] as const);
  return {
    requests: sums[TOTAL_COLUMN.requests]!,
    failures: sums[TOTAL_COLUMN.failures]!,
    retries: sums[TOTAL_COLUMN.retries]!,
    keysRemoved: sums[TOTAL_COLUMN.keysRemoved]!,
    outcomes: Object.fromEntries(counted.filter(([, count]) => count > 0)),
    usage: totalsOf(sums.subarray(TOTAL_COLUMN.usage, TOTAL_COLUMN.usage + USAGE_WIDTH)),
  };
}

/** Every document of a provider that may be kept at that time. */
export function* keptDocuments(now: number): Iterable<readonly [kind: DocumentKind, period: number]> {
  yield [TOTALS, 0];
  yield [OPENED, 0];
  for (const kind of PERIODIC) {
    const last = Math.floor((now + HOUR_MS) / kind.spanMs);
    for (let period = last; isKept(kind, period, now); period -= 1) yield [kind, period];
  }
}

/** Neither too old nor of a time to come; clocks of instances may differ. */
export function isKept({ spanMs, keep }: DocumentKind, period: number, now: number): boolean {
  if (spanMs === 0) return true;
  const current = Math.floor(now / spanMs);
  return period > current - keep && period <= Math.floor((now + HOUR_MS) / spanMs);
}

const hasUsed = ({ requests, inputTokens, outputTokens }: UsageTotals): boolean =>
  requests + inputTokens + outputTokens > 0;

const isBusy = ({ requests, rateLimited, keysRemoved, responses, usage }: SeriesEntry): boolean =>
  requests + rateLimited + keysRemoved + responses > 0 || usage !== undefined;
