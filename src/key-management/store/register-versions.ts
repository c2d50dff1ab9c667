import type { Register } from './key-store';
import { replaces } from './merge';

type Version = Pick<Register, 'version' | 'tie'>;

/** The newest version seen of every register: what an own change must exceed, and what an old one is known by. */
export class RegisterVersions {
  readonly #versions = new Map<string, Map<string, Version>>();

  get(doc: string, field: string): Version | undefined {
    return this.#versions.get(doc)?.get(field);
  }

  /** Takes note of a register; false if a newer one, or the same, is known. */
  see(doc: string, field: string, register: Register): boolean {
    const known = this.get(doc, field);
    if (!replaces(register, known && { ...known, value: null })) return false;
    this.#note(doc, field, register);
    return true;
  }

  /** A register newer than all seen. */
  next(doc: string, field: string, value: Register['value'], tie: string, atLeast = 0): Register {
    const register: Register = { value, version: Math.max((this.get(doc, field)?.version ?? 0) + 1, atLeast), tie };
    this.#note(doc, field, register);
    return register;
  }

  /** Of a document that is gone for good. */
  forget(doc: string): void {
    this.#versions.delete(doc);
  }

  #note(doc: string, field: string, { version, tie }: Register): void {
    let fields = this.#versions.get(doc);
    if (!fields) this.#versions.set(doc, (fields = new Map<string, Version>()));
    fields.set(field, { version, tie });
  }
}
