import { CountParts } from './count-parts';

/**
 * What one writer counted stands in a maximum of the document named `+<writer>~<field>`; the count is the sum over the writers.
 * `+~<field>`, without a writer, is what earlier versions of the package added up in a sum.
 */
const PART = /^\+([^~]*)~(.+)$/s;
/** Greater counts are taken for damage. */
const GREATEST_COUNT = 1e15;

const partName = (writer: string, field: string): string => `+${writer}~${field}`;

/** Whether the name of a maximum is that of a part of a count. */
export const isPart = (name: string): boolean => name.startsWith('+') && name.includes('~');

/** Whether it is that of a part of this writer. */
export const isPartOf = (writer: string, name: string): boolean => name.startsWith(`+${writer}~`);

const isCount = (value: number): boolean => value >= 0 && value <= GREATEST_COUNT;

/** What a part adds to a count that was not known before. */
export interface CountNews {
  readonly field: string;
  readonly by: number;
}

/** A maximum to be written. */
export interface RaisedPart {
  readonly name: string;
  readonly value: number;
}

/** What was counted here in one field and is not in the store for certain. */
interface Unwritten {
  by: number;
  /** By how much the part rose through others since the first of it was counted. */
  shift: number;
}

/**
 * The counts of all documents as grow-only counters (G-counters): each writer raises a number of its own, and the sum over all writers
 * is the count. Merging takes the greater number of each writer, so that nothing is counted twice however often it is written or read,
 * and whatever a store loses any instance that has read it can write again, also for writers that are gone.
 *
 * Which writer it is may change: what is not in the store by then is counted for the next one.
 */
export class SumLedger {
  readonly #parts = new CountParts();
  #writer: string | undefined;
  /** By document and field. */
  readonly #unwritten = new Map<string, Map<string, Unwritten>>();
  /** Another process raised a part of this writer. */
  hasRival = false;

  /** Without one, nothing may be written: what to go on with was not read, or belongs to another process. */
  get writer(): string | undefined {
    return this.#writer;
  }

  /** Counts here. Answers the maximum to be written, if it may be. */
  count(doc: string, field: string, by: number): RaisedPart | undefined {
    let fields = this.#unwritten.get(doc);
    if (!fields) this.#unwritten.set(doc, (fields = new Map<string, Unwritten>()));
    const unwritten = fields.get(field);
    if (unwritten) unwritten.by += by;
    else fields.set(field, { by, shift: 0 });
    return this.#writer === undefined ? undefined : this.#rise(doc, partName(this.#writer, field), by);
  }

  /** A maximum of the document is in the store. */
  written(doc: string, name: string, value: number): void {
    const fields = this.#unwritten.get(doc);
    if (!fields || this.#writer === undefined || !isPartOf(this.#writer, name)) return;
    const field = name.slice(name.indexOf('~') + 1);
    const unwritten = fields.get(field);
    if (!unwritten) return;
    unwritten.by = Math.min(unwritten.by, this.#parts.get(doc, name) - unwritten.shift - value);
    if (unwritten.by > 0) return;
    fields.delete(field);
    if (fields.size === 0) this.#unwritten.delete(doc);
  }

  /**
   * Goes on as this writer, all of whose parts were read: what waits is counted for it.
   * @param raised Told what is to be written.
   */
  take(writer: string, raised: (doc: string, part: RaisedPart) => void): void {
    if (writer === this.#writer) return;
    this.leave();
    this.#writer = writer;
    for (const [doc, fields] of this.#unwritten)
      for (const [field, { by }] of fields) raised(doc, this.#rise(doc, partName(writer, field), by));
  }

  /** The parts of the writer belong to another process, and stand as they were last written: what was not waits for the next writer. */
  leave(): void {
    this.hasRival = false;
    if (this.#writer === undefined) return;
    for (const [doc, fields] of this.#unwritten) {
      for (const [field, unwritten] of fields) {
        this.#rise(doc, partName(this.#writer, field), -unwritten.by);
        unwritten.shift = 0;
      }
    }
    this.#writer = undefined;
  }

  /** Takes note of a part that is stored; undefined when nothing is new about it. */
  see(doc: string, name: string, value: number): CountNews | undefined {
    const [, writer, field] = PART.exec(name) ?? [];
    if (writer === undefined || field === undefined || !isCount(value)) return undefined;
    const known = this.#parts.get(doc, name);
    if (value <= known) return undefined;
    const unwritten = writer === this.#writer ? this.#unwritten.get(doc)?.get(field) : undefined;
    if (writer === this.#writer) this.hasRival = true;
    // What another process wrote as this writer does not hold what waits here.
    const by = value - known + (unwritten?.by ?? 0);
    if (unwritten) unwritten.shift += by;
    this.#rise(doc, name, by);
    return { field, by };
  }

  /** Takes note of a sum that an earlier version of the package stored. */
  seeSum(doc: string, field: string, total: number): CountNews | undefined {
    return this.see(doc, partName('', field), total);
  }

  /** An instance of an earlier version added to a sum. */
  addToSum(doc: string, field: string, by: number): CountNews | undefined {
    const name = partName('', field);
    return this.see(doc, name, this.#parts.get(doc, name) + by);
  }

  /** The counts of a document, over all writers. */
  totals(doc: string): Record<string, number> {
    const totals: Record<string, number> = {};
    const add = (field: string, by: number): void => {
      totals[field] = (totals[field] ?? 0) + by;
    };
    for (const [name, value] of this.#parts.of(doc)) add(name.slice(name.indexOf('~') + 1), value);
    if (this.#writer === undefined) for (const [field, { by }] of this.#unwritten.get(doc) ?? []) add(field, by);
    return totals;
  }

  /** All parts of the documents under a prefix. */
  parts(prefix: string): Iterable<[doc: string, parts: Iterable<[name: string, value: number]>]> {
    return this.#parts.under(prefix);
  }

  /** The documents of which counts are known. */
  docs(): Iterable<string> {
    return this.#parts.docs();
  }

  /** Whether something was counted in the document that is not in the store for certain. */
  holds(doc: string): boolean {
    return this.#unwritten.has(doc);
  }

  /** The document is gone for good, or all of it is in the store and nobody asks for it here. */
  forget(doc: string): void {
    this.#parts.delete(doc);
    this.#unwritten.delete(doc);
  }

  #rise(doc: string, name: string, by: number): RaisedPart {
    const value = this.#parts.get(doc, name) + by;
    this.#parts.set(doc, name, value);
    return { name, value };
  }
}

/** Earlier versions of the package gave sums back under this name to a store that had lost them. */
const RESTORED = '~restored';

export const isRestoredSum = (field: string): boolean => field.endsWith(RESTORED);

/** The sums of a document as earlier versions of the package stored them, with what they gave back. */
export function earlierSums(sums: Readonly<Record<string, number>>): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const [field, sum] of Object.entries(sums)) {
    const name = isRestoredSum(field) ? field.slice(0, -RESTORED.length) : field;
    totals[name] = (totals[name] ?? 0) + sum;
  }
  return totals;
}
