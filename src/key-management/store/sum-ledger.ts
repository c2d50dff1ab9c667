/**
 * What one writer counted stands in a maximum of the document named `+<writer>~<field>`; the count is the sum over the writers.
 * `+~<field>`, without a writer, is what earlier versions of the package added up in a sum.
 */
const PART = /^\+([^~]*)~(.+)$/s;
/** Greater counts are taken for damage. */
const GREATEST_COUNT = 1e15;
/** The only writer of a store that no other process shares. */
const ONLY_WRITER = 'only';
/** Characters of an instance's id that tell it from the others. */
const WRITER_LENGTH = 13;
/** From this many parts on a document is searched by an index. */
const FEW_PARTS = 16;
/** Names of parts that are kept to be shared. */
const MOST_NAMES = 20_000;

const partName = (writer: string, field: string): string => `+${writer}~${field}`;

/** Whether the name of a maximum is that of a part of a count. */
export const isPart = (name: string): boolean => name.startsWith('+') && name.includes('~');

export const isCount = (value: number): boolean => value >= 0 && value <= GREATEST_COUNT;

/** What a part adds to a count that was not known before. */
export interface CountNews {
  readonly field: string;
  readonly by: number;
}

/** The parts of one document, by name. */
class Parts {
  names: string[] = [];
  values: number[] = [];
  #index: Map<string, number> | undefined;

  get(name: string): number {
    const at = this.#find(name);
    return at === undefined ? 0 : this.values[at]!;
  }

  set(name: string, value: number): void {
    const at = this.#find(name);
    if (at !== undefined) this.values[at] = value;
    else this.#append(name, value);
  }

  #append(name: string, value: number): void {
    this.#index?.set(name, this.names.length);
    if (this.names.length > FEW_PARTS) {
      this.names.push(name);
      this.values.push(value);
    } else {
      // Arrays of their final length: one that grows has room for sixteen more.
      this.names = [...this.names, name];
      this.values = [...this.values, value];
    }
  }

  #find(name: string): number | undefined {
    if (this.names.length > FEW_PARTS) this.#index ??= new Map(this.names.map((each, at) => [each, at]));
    const at = this.#index ? this.#index.get(name) : this.names.indexOf(name);
    return at === -1 ? undefined : at;
  }
}

/**
 * The counts of all documents as grow-only counters (G-counters): each writer raises a number of its own, and the sum over all writers
 * is the count. Merging takes the greater number of each writer, so that nothing is counted twice however often it is written or read,
 * and whatever a store loses any instance that has read it can write again, also for writers that are gone.
 */
export class SumLedger {
  readonly #documents = new Map<string, Parts>();
  readonly #names = new Map<string, string>();
  readonly #writer: string;
  /** Documents whose stored number of this writer is added already to what it counted before it could read. Only before the first load. */
  #based: Set<string> | undefined;

  /** @param isOnly No other process writes the store: this one goes on with the number that it finds there. */
  constructor(instanceId: string, isOnly: boolean) {
    this.#writer = isOnly ? ONLY_WRITER : instanceId.slice(0, WRITER_LENGTH);
    this.#based = isOnly ? new Set() : undefined;
  }

  /** False while numbers must not be written yet: those to go on with were not read. */
  get isBased(): boolean {
    return this.#based === undefined;
  }

  /** All that is stored was read. */
  based(): void {
    this.#based = undefined;
  }

  /** Counts here. Answers the maximum to be written. */
  count(doc: string, field: string, by: number): { readonly name: string; readonly value: number } {
    const name = this.#name(this.#writer, field);
    const parts = this.#partsOf(doc);
    const value = parts.get(name) + by;
    parts.set(name, value);
    return { name, value };
  }

  /** Takes note of a part that is stored; undefined when nothing is new about it. */
  see(doc: string, name: string, value: number): CountNews | undefined {
    const [, writer, field] = PART.exec(name) ?? [];
    if (writer === undefined || field === undefined || !isCount(value)) return undefined;
    const parts = this.#partsOf(doc);
    const known = parts.get(name);
    const isBase = writer === this.#writer && this.#based !== undefined && !this.#based.has(partName(doc, field));
    if (isBase) this.#based?.add(partName(doc, field));
    const now = isBase ? known + value : Math.max(known, value);
    if (now === known) return undefined;
    parts.set(this.#name(writer, field), now);
    return { field, by: now - known };
  }

  /** Takes note of a sum that an earlier version of the package stored. */
  seeSum(doc: string, field: string, total: number): CountNews | undefined {
    return this.see(doc, partName('', field), total);
  }

  /** An instance of an earlier version added to a sum. */
  addToSum(doc: string, field: string, by: number): CountNews | undefined {
    const name = partName('', field);
    return this.see(doc, name, (this.#documents.get(doc)?.get(name) ?? 0) + by);
  }

  /** The counts of a document, over all writers. */
  totals(doc: string): Record<string, number> {
    const totals: Record<string, number> = {};
    const { names, values } = this.#documents.get(doc) ?? { names: [], values: [] };
    names.forEach((name, at) => {
      const field = name.slice(name.indexOf('~') + 1);
      totals[field] = (totals[field] ?? 0) + values[at]!;
    });
    return totals;
  }

  /** All parts of the documents under a prefix. */
  *parts(prefix: string): Iterable<{ doc: string; names: readonly string[]; values: readonly number[] }> {
    for (const [doc, { names, values }] of this.#documents) if (doc.startsWith(prefix)) yield { doc, names, values };
  }

  /** The document is gone for good. */
  forget(doc: string): void {
    this.#documents.delete(doc);
  }

  #partsOf(doc: string): Parts {
    let parts = this.#documents.get(doc);
    if (!parts) this.#documents.set(doc, (parts = new Parts()));
    return parts;
  }

  /** The same text for the same name: ten thousand documents have it. */
  #name(writer: string, field: string): string {
    const name = partName(writer, field);
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    if (this.#names.size >= MOST_NAMES) this.#names.clear();
    this.#names.set(name, name);
    return name;
  }
}
