import type { KeyRecord } from './key-record';

/** The keys that were used since the list was last taken, each once. A bit in each record marks them, where a set would hash the key of every call. */
export class UsedKeys {
  #records: KeyRecord[] = [];

  /** @param bit The bit of this list in every record's `usedKeyListsMask`. */
  constructor(private readonly bit: number) {}

  get length(): number {
    return this.#records.length;
  }

  add(record: KeyRecord): void {
    if ((record.usedKeyListsMask & this.bit) !== 0) return;
    record.usedKeyListsMask |= this.bit;
    this.#records.push(record);
  }

  take(): KeyRecord[] {
    const taken = this.#records;
    this.#records = [];
    for (const record of taken) record.usedKeyListsMask &= ~this.bit;
    return taken;
  }
}
