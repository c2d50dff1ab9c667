import type { KeyRecord } from './key-record';

/** Keys that were used since the list was last taken, each once: a bit in their records, where a set would hash every call's key. */
export class UsedKeys {
  #records: KeyRecord[] = [];

  /** @param bit Its own in every record's `usedKeyListsMask`. */
  constructor(private readonly bit: number) {}

  get length(): number {
    return this.#records.length;
  }

  note(record: KeyRecord): void {
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
