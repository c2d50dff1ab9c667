import { flatCopy } from '../../common/text';
import type { Register } from '../port/key-store';
import { replaces } from '../port/merge';

type Version = Pick<Register, 'version' | 'tie'>;

/** The versions seen of one document, as an immutable linked list of its registers: the latest change comes first. */
interface Seen extends Version {
  readonly field: string;
  readonly next: Seen | undefined;
  /** By which another that goes on with it is found. */
  readonly number: number;
}

/** Above this many shared lists the index of them begins anew; later documents share with each other. */
const MOST_SHARED = 1_000;

/**
 * The newest version seen of every register (last-writer-wins): an own change must exceed it, and an older change is recognised by it.
 * Documents with the same versions share one list (hash consing): of ten thousand keys most were written at the same start, and checked
 * equally often.
 */
export class RegisterVersions {
  readonly #seen = new Map<string, Seen>();
  readonly #shared = new Map<string, Seen>();
  #numbers = 0;

  get(doc: string, field: string): Version | undefined {
    let seen = this.#seen.get(doc);
    while (seen && seen.field !== field) seen = seen.next;
    return seen;
  }

  /** Notes the version of a register. Returns false if a newer one, or the same, is known. */
  see(doc: string, field: string, register: Register): boolean {
    const known = this.get(doc, field);
    if (!replaces(register, known && { version: known.version, tie: known.tie, value: null })) return false;
    this.#record(doc, field, register);
    return true;
  }

  /** A register newer than all seen. */
  next(doc: string, field: string, value: Register['value'], tie: string, atLeast = 0): Register {
    const register: Register = { value, version: Math.max((this.get(doc, field)?.version ?? 0) + 1, atLeast), tie };
    this.#record(doc, field, register);
    return register;
  }

  /** The documents of which versions are known. */
  docs(): Iterable<string> {
    return this.#seen.keys();
  }

  /** Of a document that is gone for good, or that is not used here any more. */
  forget(doc: string): void {
    this.#seen.delete(doc);
  }

  #record(doc: string, field: string, version: Version): void {
    const known = this.#seen.get(doc);
    this.#seen.set(known ? doc : flatCopy(doc), this.#share(field, version, this.#without(known, field)));
  }

  #without(seen: Seen | undefined, field: string): Seen | undefined {
    if (seen?.field === field) return seen.next;
    const next = seen && this.#without(seen.next, field);
    return !seen || next === seen.next ? seen : this.#share(seen.field, seen, next);
  }

  #share(field: string, { version, tie }: Version, next: Seen | undefined): Seen {
    const name = `${next?.number ?? 0} ${version} ${tie} ${field}`;
    const known = this.#shared.get(name);
    if (known) return known;
    if (this.#shared.size >= MOST_SHARED) this.#shared.clear();
    this.#numbers += 1;
    const seen: Seen = { field, version, tie, next, number: this.#numbers };
    this.#shared.set(name, seen);
    return seen;
  }
}
