import { modelName } from '../../pool/key/key-input';
import type { KeyRecord } from '../../pool/key/key-record';
import { KeyUsage, USAGE_COUNTS, type UsageCount } from '../../pool/key/key-usage';
import type { CallBatch, CallObserver } from '../../pool/call-batches';
import type { UsedKeys } from '../../pool/key/used-keys';
import { documentOf } from './key-documents';
import type { StoreChange } from '../port/key-store';
import type { StoreLink } from '../sync/store-link';
import { SLICE } from '../../common/event-loop';

type StatisticsChange = Extract<StoreChange, { kind: 'add' | 'max' }>;

/** Counts and times of keys, as the store holds them: counts that add up, and times that only grow. */
export class KeyStatistics implements CallObserver {
  /** The keys whose statistics are being collected. */
  #taken: Iterator<KeyRecord, undefined> | undefined;

  /** @param used A list of its own. */
  constructor(
    private readonly link: StoreLink,
    private readonly used: UsedKeys,
    private readonly isKept: (record: KeyRecord) => boolean,
  ) {}

  onCallBatch({ settled, records, late }: CallBatch): void {
    for (const { record } of late) if (this.isKept(record)) this.used.add(record);
    for (let at = 0; at < settled; at += 1) if (this.isKept(records[at]!)) this.used.add(records[at]!);
  }

  /**
   * Puts what changed since the last time into the outbox, some keys at once. True if there are more.
   * @param late Receives what keys counted that had left their pool by then, for the keys that have taken their place.
   */
  collect(late: (change: StatisticsChange) => void): boolean {
    this.#taken ??= this.used.take().values();
    for (let left = SLICE; left > 0; left -= 1) {
      const { value: record } = this.#taken.next();
      if (!record) {
        this.#taken = undefined;
        return false;
      }
      const changes = this.#collectOf(record);
      if (record.deleted) changes.forEach(late);
    }
    return true;
  }

  #collectOf(record: KeyRecord): StatisticsChange[] {
    const doc = documentOf(record.provider, record.id);
    const sums = {
      successes: record.successCount - record.persistedSuccessCount,
      errors: record.errorCount - record.persistedErrorCount,
    };
    record.persistedSuccessCount = record.successCount;
    record.persistedErrorCount = record.errorCount;
    const changes: StatisticsChange[] = [];
    record.usage?.takeUnsent((model, count, by) =>
      changes.push({ kind: 'add', doc, field: usageField(model, count), by }),
    );
    for (const [field, by] of Object.entries(sums)) if (by !== 0) changes.push({ kind: 'add', doc, field, by });
    for (const [field, value] of Object.entries(timesOf(record, this.link.offsetMs)))
      changes.push({ kind: 'max', doc, field, value });
    for (const change of changes) {
      if (change.kind === 'add') this.link.add(doc, change.field, change.by);
      else this.link.raise(doc, change.field, change.value);
    }
    return changes;
  }

  /** Another instance counted more. */
  add(record: KeyRecord, field: string, by: number): void {
    if (field === 'successes') {
      record.successCount += by;
      record.persistedSuccessCount += by;
    } else if (field === 'errors') {
      record.errorCount += by;
      record.persistedErrorCount += by;
    } else {
      const used = usageOfField(field);
      if (used) (record.usage ??= new KeyUsage()).received(used.model, used.count, by);
    }
  }

  /** A key that has come into its pool takes up what it ever counted. */
  restore(record: KeyRecord): void {
    const totals = this.link.totals(documentOf(record.provider, record.id));
    for (const [field, total] of Object.entries(totals)) this.add(record, field, total);
  }

  /** Its times, as the store should hold them. */
  known(record: KeyRecord): Record<string, number> {
    return timesOf(record, this.link.offsetMs);
  }
}

const USAGE_LETTERS: Readonly<Record<UsageCount, string>> = {
  requests: 'n',
  stated: 's',
  priced: 'p',
  inputTokens: 'i',
  outputTokens: 'o',
  cachedInputTokens: 'c',
  cacheWriteTokens: 'w',
  reasoningTokens: 'r',
  cost: 'd',
};
const COUNT_OF_LETTER = new Map(USAGE_COUNTS.map((count) => [USAGE_LETTERS[count], count]));

/** `use:i:gpt-5`: the input tokens of a model's calls. Without a model: of the calls that named none. */
const USAGE_FIELD = /^use:([a-z]):(.*)$/s;
const usageField = (model: string, count: UsageCount): string => `use:${USAGE_LETTERS[count]}:${model}`;

/** What a field of the store counts of a model's usage; undefined for any other field. */
function usageOfField(field: string): { readonly model: string; readonly count: UsageCount } | undefined {
  const [, letter, model] = USAGE_FIELD.exec(field) ?? [];
  const count = letter === undefined ? undefined : COUNT_OF_LETTER.get(letter);
  return count && { model: model === '' ? '' : modelName(model!), count };
}

/** The times by the store's clock. @param offsetMs By how much that clock is ahead; milliseconds. */
function timesOf({ lastUsedAt, lastSuccessAt, lastCheckedAt }: KeyRecord, offsetMs: number): Record<string, number> {
  const times: Record<string, number> = {};
  if (lastUsedAt > 0) times.lastUsedAt = lastUsedAt + offsetMs;
  if (lastSuccessAt > 0) times.lastSuccessAt = lastSuccessAt + offsetMs;
  if (lastCheckedAt > 0) times.lastCheckedAt = lastCheckedAt + offsetMs;
  return times;
}
