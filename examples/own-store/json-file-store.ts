import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { applyChange, checkChanges, copyDocument, StoreError } from '../../src/key-management/testing';
import type { KeyStore, StoreChange, StoredDocument } from '../../src/key-management/testing';

/** Keeps its documents in one JSON file, for one process. Each batch writes the whole file anew: for a few hundred keys. */
export class JsonFileStore implements KeyStore {
  readonly kind = 'json';
  readonly shared = false;
  #documents: Map<string, StoredDocument> | undefined;
  readonly #locks = new Map<string, { holder: string; until: number }>();
  /** Writes go one after the other. */
  #last: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(private readonly file: string) {}

  async open(): Promise<void> {
    const documents = await this.#read();
    if (this.#isClosed) throw closed();
    this.#documents = documents;
  }

  load(prefix: string): Promise<StoredDocument[]> {
    return this.#whenOpen((documents) =>
      [...documents.values()].filter(({ doc }) => doc.startsWith(prefix)).map(copyDocument),
    );
  }

  write(changes: readonly StoreChange[], id?: string): Promise<void> {
    return this.#whenOpen(() => {
      checkChanges(changes, id);
      const own = structuredClone(changes);
      const write = this.#last.then(() => this.#apply(own));
      // One that failed does not hold up the next.
      this.#last = write.catch(() => undefined);
      return write;
    });
  }

  lock(name: string, holder: string, ttlMs: number): Promise<boolean> {
    return this.#whenOpen(() => {
      const held = this.#locks.get(name);
      if (held && held.holder !== holder && held.until > Date.now()) return false;
      this.#locks.set(name, { holder, until: Date.now() + ttlMs });
      return true;
    });
  }

  unlock(name: string, holder: string): Promise<void> {
    return this.#whenOpen(() => {
      if (this.#locks.get(name)?.holder === holder) this.#locks.delete(name);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
  }

  async #apply(changes: readonly StoreChange[]): Promise<void> {
    // On a copy: where the file cannot be written, nothing of the batch holds.
    const documents = new Map([...this.#documents!].map(([doc, document]) => [doc, copyDocument(document)]));
    for (const change of changes) applyChange(documents, change);
    try {
      await mkdir(dirname(this.file), { recursive: true });
      // Whoever reads finds the old file or the new one, never a half.
      await writeFile(`${this.file}.new`, JSON.stringify([...documents.values()]), { flush: true });
      await rename(`${this.file}.new`, this.file);
    } catch (error) {
      throw new StoreError('unavailable', `${this.file} cannot be written: ${(error as Error).message}`);
    }
    this.#documents = documents;
  }

  async #read(): Promise<Map<string, StoredDocument>> {
    const text = await readFile(this.file, 'utf8').catch((error: unknown) => {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return '[]';
      throw new StoreError('not_usable', `${this.file} cannot be read: ${message}`);
    });
    try {
      const documents = JSON.parse(text) as StoredDocument[];
      return new Map(documents.map((document) => [document.doc, copyDocument(document)]));
    } catch {
      throw new StoreError('not_usable', `${this.file} holds no store; move it away.`);
    }
  }

  async #whenOpen<T>(work: (documents: Map<string, StoredDocument>) => T | Promise<T>): Promise<T> {
    if (!this.#documents || this.#isClosed) throw closed();
    return work(this.#documents);
  }
}

const closed = (): StoreError => new StoreError('closed', 'The store is not open: it was closed, or never opened.');
