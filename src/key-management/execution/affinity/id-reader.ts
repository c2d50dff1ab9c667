import type { BoundIds, BoundKind } from '../../vendors/contract/bound-ids';
import { getOrCreate } from '../../common/get-or-create';
import { byteText } from '../../common/json-text';
import { remembered } from '../../common/remembered';
import { decodedUri } from '../../common/text';
import { JsonFields } from './json-fields';
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
/** Where the id of an answer's own object stands, unless the profile says otherwise. */
const ID = 'id';
const NO_IDS: readonly ObjectId[] = [];
const MOST_PATHS = 256;
/** A longer path is read anew each time. Characters. */
const LONGEST_PATH = 256;

/** What a path says of objects, whatever the body. */
interface PathFacts {
  readonly named: readonly ObjectId[];
  /** The kind of the last collection in it. */
  readonly last: BoundKind | undefined;
  /** The other kinds that calls of this path may make, and which calls do. */
  readonly elsewhere: readonly { readonly kind: BoundKind; readonly calls: NonNullable<BoundKind['toldBy']> }[];
}

/**
 * Finds the ids that requests name and answers tell, by what the vendor's profile says of them. It parses no body: it looks for the names of
 * fields, and reads what stands behind them. A text that mentions a field has its quotes escaped, and does not match.
 */
export class IdReader {
  readonly #path: RegExp | undefined;
  readonly #kindOf = new Map<string, BoundKind>();
  readonly #byField = new Map<string, BoundKind[]>();
  readonly #fields: JsonFields;
  readonly #answerFields: JsonFields;
  readonly #toldElsewhere: readonly BoundKind[];
  /** What a path says. An app calls few paths, again and again. */
  readonly #ofPath = remembered((path) => this.#readPath(path), MOST_PATHS);

  constructor({ kinds }: BoundIds) {
    for (const kind of kinds) for (const collection of kind.collections ?? []) this.#kindOf.set(collection, kind);
    this.#path = pathPattern([...this.#kindOf.keys()]);
    for (const kind of kinds)
      for (const field of kind.fields ?? []) getOrCreate(this.#byField, field, () => []).push(kind);
    this.#fields = new JsonFields(this.#byField.keys());
    this.#answerFields = new JsonFields([...this.#byField.keys(), ...kinds.map(({ idField = ID }) => idField)]);
    this.#toldElsewhere = kinds.filter(({ toldBy }) => toldBy !== undefined);
  }

  /** The ids that a request names, in its path and in its JSON body. */
  named({ path, body }: NamingRequest): readonly ObjectId[] {
    const inPath = this.#pathFacts(path).named;
    const text = byteText(body);
    const inBody = text === undefined ? NO_IDS : this.#inFields(text);
    return inBody.length === 0 ? inPath : distinct([...inPath, ...inBody]);
  }

  /** What the answer of the request may tell; undefined where that is nothing, as of nearly all calls. */
  telling({ path, body }: NamingRequest): Telling | undefined {
    const { last, elsewhere } = this.#pathFacts(path);
    if (last === undefined && elsewhere.length === 0) return undefined;
    const kinds = last === undefined ? [] : [last];
    for (const { kind, calls } of elsewhere) if (calls.some(({ where }) => isMadeBy(where, body))) kinds.push(kind);
    const made = kinds.filter(({ notMadeBy }) => notMadeBy === undefined || !isMadeBy(notMadeBy, body));
    return made.length === 0 ? undefined : made;
  }

  #pathFacts(path: string): PathFacts {
    return path.length > LONGEST_PATH ? this.#readPath(path) : this.#ofPath(path);
  }

  #readPath(path: string): PathFacts {
    const last = this.#lastCollection(path);
    const elsewhere = this.#toldElsewhere.flatMap((kind) => {
      const calls = kind === last ? [] : kind.toldBy!.filter((call) => path.endsWith(call.path));
      return calls.length === 0 ? [] : [{ kind, calls }];
    });
    return { named: this.#inPath(path), last, elsewhere };
  }

  /** The ids in an answer, or in the beginning of one. */
  told(telling: Telling, text: string): readonly ObjectId[] {
    const ids: ObjectId[] = [];
    // Without a form of its own any id would do: the first is that of the answer's own object.
    const isDone = new Set<BoundKind>();
    this.#answerFields.find(text, (name, value) => {
      for (const kind of this.#byField.get(name) ?? []) add(ids, kind, value);
      for (const kind of telling) {
        if ((kind.idField ?? ID) !== name || isDone.has(kind)) continue;
        add(ids, kind, value);
        if (!kind.like && !kind.isNamed) isDone.add(kind);
      }
    });
    return distinct(ids);
  }

  #inPath(path: string): readonly ObjectId[] {
    if (this.#path === undefined || path.search(this.#path) < 0) return NO_IDS;
    let ids: ObjectId[] | undefined;
    for (const [, collection, segment] of path.matchAll(this.#path)) {
      const kind = this.#kindOf.get(collection!)!;
      if (segment === undefined || kind.actions?.includes(segment)) continue;
      // What stands behind a colon is what is to be done with it.
      const id = decodedUri(kind.isNamed ? segment.split(':', 1)[0]! : segment);
      if (id !== '' && id.length <= LONGEST_ID && (kind.like?.test(id) ?? true))
        (ids ??= []).push({ kind: kind.kind, id });
    }
    return ids ?? NO_IDS;
  }

  #lastCollection(path: string): BoundKind | undefined {
    if (this.#path === undefined || path.search(this.#path) < 0) return undefined;
    let last: BoundKind | undefined;
    for (const [, collection] of path.matchAll(this.#path)) last = this.#kindOf.get(collection!);
    return last;
  }

  #inFields(text: string): readonly ObjectId[] {
    let ids: ObjectId[] | undefined;
    this.#fields.find(text, (name, value) => {
      for (const kind of this.#byField.get(name)!) add((ids ??= []), kind, value);
    });
    return ids ?? NO_IDS;
  }
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
  where === undefined || where.test(byteText(body) ?? '');

/** Finds each collection of a path, and what stands behind it. */
function pathPattern(collections: readonly string[]): RegExp | undefined {
  if (collections.length === 0) return undefined;
  const names = [...collections].sort((a, b) => b.length - a.length).map(escaped);
  // eslint-disable-next-line no-restricted-syntax -- names of a profile, escaped: alternatives without repetition
  return new RegExp(`/(${names.join('|')})(?=/|:|$)(?:/([^/?#]+))?`, 'g');
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

const READERS = new WeakMap<BoundIds, IdReader>();

/** The reader for a vendor, made once. */
export const idReader = (boundIds: BoundIds): IdReader => getOrCreate(READERS, boundIds, () => new IdReader(boundIds));
