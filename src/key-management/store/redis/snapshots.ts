import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, gunzip, gzip } from 'node:zlib';
import type { Clock, Random } from '../../common/clock';
import { equalJitterMs } from '../../common/equal-jitter';
import { yieldToEventLoop } from '../../common/event-loop';
import { eachDocument, loadPages, takePage, type Loaded, type Page } from './packing';
import { FIND_SNAPSHOT, KEEP_SNAPSHOT, type ScriptArgument } from './scripts';

/** Fewer documents are read as soon as a snapshot of them. */
const FEW_DOCUMENTS = 500;
/** A snapshot is kept so long, and what changes is noted as long; milliseconds. */
const KEPT_MS = 30_000;
/** A maker that says nothing for so long is given up, and another makes the snapshot; milliseconds. */
const MAKER_MS = 3_000;
/** Who finds a snapshot in the making waits for it this long, and then loads all; milliseconds. */
const LONGEST_WAIT_MS = 10_000;
const PAUSE = { initialMs: 20, maxMs: 500 };
/** Most of a part before it is compressed; characters. A larger page is a part of its own. */
const PART_LENGTH = 1_000_000;
/** All documents under one name at the top, as an instance loads them at its start. */
const WHOLE = /^[\w.:-]+\/$/;

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** What snapshots need of the connections to the server. */
export interface SnapshotSource {
  run(script: string, args: readonly ScriptArgument[]): Promise<unknown>;
  /** A field of a hash. @param key Without the root. */
  field(key: string, field: string): Promise<Buffer | null>;
  /** The present connection: another one may lead to another server, which does not have all that this one had. */
  connection(): unknown;
}

/** How documents are loaded: from a snapshot, as a whole, or as a whole of which a snapshot is made. */
type LoadPlan =
  | { readonly from: 'snapshot'; readonly id: string; readonly parts: number }
  | { readonly from: 'documents'; readonly snapshot?: SnapshotMaker };

/**
 * Where many instances start at once, one of them loads all documents, and the others what it made of them: a snapshot, compressed, in which
 * the documents are replaced that any batch has touched since it was begun. While there are snapshots, each batch notes the names of those.
 * So a load from a snapshot answers what a load of all documents does. A snapshot that cannot be read, or is not complete, is not used.
 */
export class Snapshots {
  constructor(
    private readonly source: SnapshotSource,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** Finds out how to load, and waits for a snapshot that another instance makes. @throws StoreError when the server is away */
  async plan(prefix: string): Promise<LoadPlan> {
    if (!WHOLE.test(prefix)) return { from: 'documents' };
    const until = this.clock.now() + LONGEST_WAIT_MS;
    // Another with each load: it marks from when on changes are noted, and an earlier snapshot is none of that mark.
    const me = randomUUID();
    for (let step = 0; ; step += 1) {
      const [found, id = '', parts] = await this.#find(prefix, me);
      if (found === 'read') return { from: 'snapshot', id, parts: Number(parts) };
      if (found === 'make') return { from: 'documents', snapshot: new SnapshotMaker(this.source, prefix, me, id) };
      if (found !== 'wait' || this.clock.now() >= until) return { from: 'documents' };
      await new Promise<void>((resolve) => this.clock.after(equalJitterMs(PAUSE, step, this.random), resolve, false));
    }
  }

  async load(prefix: string, plan: LoadPlan): Promise<Loaded> {
    const read = plan.from === 'snapshot' ? await this.#read(prefix, plan) : undefined;
    if (read) return read;
    const maker = plan.from === 'documents' ? plan.snapshot : undefined;
    const loaded: Loaded = { documents: [], seqs: new Map() };
    const run = (script: string, args: ScriptArgument[]): Promise<unknown> => this.source.run(script, args);
    await loadPages({ prefix }, run, (page, json) => {
      maker?.take(json);
      takePage(loaded, page);
    });
    void maker?.end();
    return loaded;
  }

  /** A server that takes no writes is read all the same, without snapshots. */
  async #find(prefix: string, me: string): Promise<[found: string, id?: string, parts?: string]> {
    const args = [prefix, me, FEW_DOCUMENTS, KEPT_MS, MAKER_MS];
    return (await this.source.run(FIND_SNAPSHOT, args).catch(() => ['whole'])) as [string, string?, string?];
  }

  /** Undefined where the snapshot is of no use by now. @throws StoreError when the server is away */
  async #read(prefix: string, { id, parts }: Extract<LoadPlan, { from: 'snapshot' }>): Promise<Loaded | undefined> {
    const loaded: Loaded = { documents: [], seqs: new Map() };
    // First, so that what is touched while the parts are read is as news to the instance as after any load.
    const touched = new Set<string>();
    let number: string | undefined;
    const isNoted = await loadPages(
      { prefix, noted: id },
      (script, args) => this.source.run(script, args),
      (page) => {
        number ??= page[0];
        eachDocument(page, (doc) => touched.add(doc));
        takePage(loaded, page);
      },
    );
    if (!isNoted || number === undefined) return undefined;
    const ask = (part: number): Promise<Buffer | null> => {
      const answer = this.source.field(keyOf(prefix), fieldOf(id, part));
      // It may fail while the part before is read, before anybody waits for it.
      answer.catch(() => undefined);
      return answer;
    };
    let next = ask(0);
    for (let part = 0; part < parts; part += 1) {
      const packed = await next;
      if (part + 1 < parts) next = ask(part + 1);
      const pages = packed && (await unpack(packed));
      if (!pages) return undefined;
      for (const [, , ...rest] of pages) {
        const untouched: Page = [number, ''];
        eachDocument([number, '', ...rest], (doc, hash) => {
          if (!touched.has(doc)) untouched.push(doc, hash);
        });
        takePage(loaded, untouched);
        await yieldToEventLoop();
      }
    }
    return loaded;
  }
}

/** Makes a snapshot of the pages that an instance loads, beside what it does with them. */
class SnapshotMaker {
  readonly #connection: unknown;
  #pages: string[] = [];
  #length = 0;
  #parts = 0;
  /** Parts go out one after the other, until one of them fails or is not wanted. */
  #isWanted: Promise<boolean> = Promise.resolve(true);

  constructor(
    private readonly source: SnapshotSource,
    private readonly prefix: string,
    private readonly maker: string,
    private readonly id: string,
  ) {
    this.#connection = source.connection();
  }

  take(page: string): void {
    this.#pages.push(page);
    this.#length += page.length;
    if (this.#length >= PART_LENGTH) this.#keepPages();
  }

  /** Resolves when the snapshot is there for others, or was given up. */
  async end(): Promise<void> {
    if (this.#pages.length > 0) this.#keepPages();
    const parts = this.#parts;
    this.#then(() => this.#keep(parts, ''));
    await this.#isWanted;
  }

  #keepPages(): void {
    const json = `[${this.#pages.join(',')}]`;
    const part = this.#parts;
    this.#pages = [];
    this.#length = 0;
    this.#parts += 1;
    this.#then(async () => this.#keep(part, await compress(json, { level: constants.Z_BEST_SPEED })));
  }

  #then(step: () => Promise<boolean>): void {
    this.#isWanted = this.#isWanted.then((isWanted) => isWanted && step()).catch(() => false);
  }

  async #keep(number: number, part: Buffer | ''): Promise<boolean> {
    if (this.source.connection() !== this.#connection) return false;
    const args = [this.prefix, this.maker, this.id, number, part, KEPT_MS, MAKER_MS];
    return Number(await this.source.run(KEEP_SNAPSHOT, args)) === 1;
  }
}

const keyOf = (prefix: string): string => `snapshot-1:${prefix}`;
const fieldOf = (id: string, part: number): string => `${id}:${part}`;

/** The pages of a part; undefined for anything else. */
async function unpack(part: Buffer): Promise<Page[] | undefined> {
  try {
    const pages = JSON.parse((await decompress(part)).toString()) as unknown;
    return Array.isArray(pages) && pages.every((page) => Array.isArray(page)) ? (pages as Page[]) : undefined;
  } catch {
    return undefined;
  }
}
