import { type Database } from './database';
import { Listen, type Push } from './listen';
import { parsePath, type Path } from './path';
import { ProtocolError, unsupported } from './protocol-error';
import { applyQuery, parseQuery } from './query';
import { toJson } from './tree';

/** What the database's rules let the client do. */
export interface Rules {
  read: boolean;
  write: boolean;
}

const WRITES = new Set(['p', 'm', 'o', 'om', 'oc']);
const READS = new Set(['q', 'g']);

export interface RequestBody {
  p?: unknown;
  d?: unknown;
  q?: unknown;
  t?: unknown;
  h?: unknown;
  [other: string]: unknown;
}
interface Deferred {
  path: Path;
  run(): void;
}

/** What one client may ask of one database, and what it has under way there. Throws `ProtocolError` to refuse. */
export class Requests {
  readonly #listens = new Map<string, Listen>();
  #onDisconnect: Deferred[] = [];

  constructor(
    private readonly database: Database,
    private readonly push: Push,
    private readonly rules: () => Rules,
  ) {}

  /** Carries out one request and returns the data of its answer. */
  handle(action: string, body: RequestBody): unknown {
    const path = parsePath(body.p);
    const { read, write } = this.rules();
    if ((!write && WRITES.has(action)) || (!read && READS.has(action))) {
      throw new ProtocolError('permission_denied', 'Permission denied');
    }
    switch (action) {
      case 'p':
        return this.database.put(path, body.d ?? null, expectedHash(body.h));
      case 'm':
        if (body.h !== undefined) throw unsupported('A hash on an update');
        return this.database.merge(path, body.d);
      case 'g':
        return toJson(applyQuery(this.database.get(path), parseQuery(body.q)));
      case 'q':
        return this.#listen(path, body);
      case 'n':
        return this.#unlisten(listenKey(path, body));
      case 'o':
        return this.#defer(path, () => this.database.put(path, body.d ?? null));
      case 'om':
        return this.#defer(path, () => this.database.merge(path, body.d));
      case 'oc':
        this.#onDisconnect = this.#onDisconnect.filter((deferred) => deferred.path.join('/') !== path.join('/'));
        return undefined;
      default:
        throw unsupported(`The action ${action}`);
    }
  }

  /** The connection is gone: no more pushes, and what the client left for this moment is written. */
  disconnected(): void {
    this.stopListening();
    for (const deferred of this.#onDisconnect.splice(0)) deferred.run();
  }

  stopListening(): void {
    for (const key of [...this.#listens.keys()]) this.#unlisten(key);
  }

  /** Ends the listens without a query, as the service does when its rules no longer allow them; returns their paths. */
  revokeListens(): Path[] {
    const revoked = [...this.#listens].filter(([, { query }]) => query === undefined);
    for (const [key] of revoked) this.#unlisten(key);
    return revoked.map(([, { path }]) => path);
  }

  #listen(path: Path, body: RequestBody): undefined {
    const query = parseQuery(body.q);
    if (query !== undefined && typeof body.t !== 'number') throw unsupported('A query without a tag');
    this.#unlisten(listenKey(path, body));
    const tag = query === undefined ? undefined : (body.t as number);
    const listen = new Listen(this.database, path, query, tag, this.push);
    this.#listens.set(listenKey(path, body), listen);
    this.database.addListen(listen);
    listen.start(body.h);
    return undefined;
  }

  #unlisten(key: string): undefined {
    const listen = this.#listens.get(key);
    if (listen !== undefined) this.database.removeListen(listen);
    this.#listens.delete(key);
    return undefined;
  }

  #defer(path: Path, run: () => void): undefined {
    this.#onDisconnect.push({ path, run });
    return undefined;
  }
}

function expectedHash(hash: unknown): string | undefined {
  if (hash === undefined || typeof hash === 'string') return hash;
  throw new ProtocolError('invalid_data', 'A hash must be a string');
}

function listenKey(path: Path, body: RequestBody): string {
  return `${path.join('/')} ${JSON.stringify(body.q ?? {})}`;
}
