import type { BoundIds, BoundKind } from '../../vendors/contract/bound-ids';
import { distinct, type ObjectId } from './object-ids';

/** What of a request names objects. */
export interface NamingRequest {
  /** The path of its URL. */
  readonly path: string;
  /** Its body, as it is known before the first attempt. */
  readonly body: unknown;
}

/** Whether the answer of a call tells ids, and of which kinds its own field for the id speaks. */
export type Telling = readonly BoundKind[];

/** Longer ids are none. Characters. */
const LONGEST_ID = 512;
/** More ids in one body are not looked at. */
const MOST_IDS = 64;
/** What stands behind a field's name: one id, an object that begins with its id, or a list of ids. */
const VALUE =
  /\s{0,64}:\s{0,64}(?:"([^"\\]{1,512})"|\{\s{0,64}"id"\s{0,64}:\s{0,64}"([^"\\]{1,512})"|\[\s{0,64}("[^\]]{1,16384})\])/y;
const LISTED = /"([^"\\]{1,512})"/g;
const NO_IDS: readonly ObjectId[] = [];

/**
 * Finds the ids that requests name and answers tell, by what the vendor's profile says of them. It parses no body: it looks for the names of
 * fields, and reads what stands behind them. A text that mentions a field has its quotes escaped, and does not match.
 */
export class IdReader {
  readonly #path: RegExp | undefined;
  readonly #kindOf = new Map<string, BoundKind>();
  readonly #naming: readonly BoundKind[];
  readonly #toldElsewhere: readonly BoundKind[];

  constructor({ kinds }: BoundIds) {
    for (const kind of kinds) for (const collection of kind.collections ?? []) this.#kindOf.set(collection, kind);
    const collections = [...this.#kindOf.keys()].sort((a, b) => b.length - a.length).map(escaped);
    this.#path =
      collections.length === 0 ? undefined : new RegExp(`/(${collections.join('|')})(?=/|:|$)(?:/([^/?#]+))?`, 'g');
    this.#naming = kinds.filter(({ fields }) => fields !== undefined);
    this.#toldElsewhere = kinds.filter(({ toldBy }) => toldBy !== undefined);
  }

  /** The ids that a request names, in its path and in its JSON body. */
  named({ path, body }: NamingRequest): readonly ObjectId[] {
    const inPath = this.#inPath(path);
    const text = textOf(body);
    const inBody = text === undefined ? NO_IDS : this.#inFields(text, true);
    return inBody.length === 0 ? inPath : distinct([...inPath, ...inBody]);
  }

  /** What the answer of the request may tell; undefined where that is nothing, as of nearly all calls. */
  telling({ path, body }: NamingRequest): Telling | undefined {
    const last = this.#lastCollection(path);
    const kinds = last === undefined ? [] : [last];
    for (const kind of this.#toldElsewhere)
      if (kind !== last && kind.toldBy!.some((call) => path.endsWith(call.path) && isMadeBy(call.where, body)))
        kinds.push(kind);
    const made = kinds.filter(({ notMadeBy }) => notMadeBy === undefined || !isMadeBy(notMadeBy, body));
    return made.length === 0 ? undefined : made;
  }

  /** The ids in an answer, or in the beginning of one. */
  told(telling: Telling, text: string): readonly ObjectId[] {
    const ids = [...this.#inFields(text, false)];
    for (const kind of telling) {
      // Without a form of its own any id would do: the first is that of the answer's own object.
      const most = kind.like || kind.isNamed ? MOST_IDS : 1;
      for (const value of valuesOf(text, kind.idField ?? 'id', most)) add(ids, kind, value);
    }
    return distinct(ids);
  }

  #inPath(path: string): readonly ObjectId[] {
    if (this.#path === undefined) return NO_IDS;
    let ids: ObjectId[] | undefined;
    for (const [, collection, segment] of path.matchAll(this.#path)) {
      const kind = this.#kindOf.get(collection!)!;
      if (segment === undefined || kind.actions?.includes(segment)) continue;
      // What stands behind a colon is what is to be done with it.
      const id = decoded(kind.isNamed ? segment.split(':', 1)[0]! : segment);
      if (id !== '' && id.length <= LONGEST_ID && (kind.like?.test(id) ?? true))
        (ids ??= []).push({ kind: kind.kind, id });
    }
    return ids ?? NO_IDS;
  }

  #lastCollection(path: string): BoundKind | undefined {
    if (this.#path === undefined) return undefined;
    let last: BoundKind | undefined;
    for (const [, collection] of path.matchAll(this.#path)) last = this.#kindOf.get(collection!);
    return last;
  }

  /** @param isRequest Of a request, whose list of files may be of any length, all; an answer repeats what its request named. */
  #inFields(text: string, isRequest: boolean): readonly ObjectId[] {
    let ids: ObjectId[] | undefined;
    for (const kind of this.#naming)
      for (const field of kind.fields!) {
        if (!text.includes(field)) continue;
        for (const value of valuesOf(text, field, isRequest ? MOST_IDS : 8)) add((ids ??= []), kind, value);
      }
    return ids ?? NO_IDS;
  }
}

/** The values of a field, wherever it stands. */
function valuesOf(text: string, field: string, most: number): string[] {
  const name = `"${field}"`;
  const values: string[] = [];
  for (let at = text.indexOf(name); at >= 0 && values.length < most; at = text.indexOf(name, at + name.length)) {
    VALUE.lastIndex = at + name.length;
    const found = VALUE.exec(text);
    if (!found) continue;
    const [, plain, inObject, list] = found;
    if (list === undefined) values.push((plain ?? inObject)!);
    else for (const [, each] of list.matchAll(LISTED)) values.push(each!);
  }
  return values.slice(0, most);
}

function add(ids: ObjectId[], { kind, like, isNamed, collections = [] }: BoundKind, value: string): void {
  if (isNamed) {
    for (const collection of collections) {
      const at = value.lastIndexOf(`${collection}/`);
      const id =
        at < 0 || (at > 0 && value[at - 1] !== '/')
          ? ''
          : value.slice(at + collection.length + 1).split(/[/:?#]/, 1)[0]!;
      if (id !== '') ids.push({ kind, id });
    }
  } else if (like?.test(value) ?? true) ids.push({ kind, id: value });
}

/** Whether the body has what such a call is known by; every call has it where nothing is stated. */
const isMadeBy = (where: RegExp | undefined, body: unknown): boolean =>
  where === undefined || where.test(textOf(body) ?? '');

/** A JSON body as text: one unit for each byte is enough, since names of fields and ids are ASCII. */
function textOf(body: unknown): string | undefined {
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  return body instanceof ArrayBuffer ? Buffer.from(body).toString('latin1') : undefined;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const READERS = new WeakMap<BoundIds, IdReader>();

/** The reader for a vendor, made once. */
export function idReader(boundIds: BoundIds): IdReader {
  let reader = READERS.get(boundIds);
  if (!reader) READERS.set(boundIds, (reader = new IdReader(boundIds)));
  return reader;
}
