import { flatCopy } from '../../common/text';

/** Documents with up to this many parts share their names. */
const FEW_PARTS = 32;
/** From this many names on a shape is searched by an index. */
const FEW_NAMES = 8;
/** Shapes that are kept to be shared. */
const MOST_SHAPES = 2_000;

/** The names of parts that many documents have in common, in their order: as hidden classes in engines of JavaScript. */
class Shape {
  readonly #next = new Map<string, Shape>();
  #index: Map<string, number> | undefined;

  constructor(readonly names: readonly string[]) {}

  /** -1 for a name that it does not have. */
  find(name: string): number {
    if (this.names.length <= FEW_NAMES) return this.names.indexOf(name);
    this.#index ??= new Map(this.names.map((each, at) => [each, at]));
    return this.#index.get(name) ?? -1;
  }

  known(name: string): Shape | undefined {
    return this.#next.get(name);
  }

  add(name: string): Shape {
    const own = flatCopy(name);
    const shape = new Shape([...this.names, own]);
    this.#next.set(own, shape);
    return shape;
  }
}

/** One array per document, and not an object with two: a key costs half as much. */
type Few = [shape: Shape, ...values: number[]];
type Many = Map<string, number>;

/** Numbers by document and name, for a hundred thousand documents of which most have the same few names. */
export class CountParts {
  readonly #documents = new Map<string, Few | Many>();
  #root = new Shape([]);
  #shapes = 0;

  /** 0 where there is none. */
  get(doc: string, name: string): number {
    const parts = this.#documents.get(doc);
    if (parts === undefined) return 0;
    if (parts instanceof Map) return parts.get(name) ?? 0;
    const at = parts[0].find(name);
    return at < 0 ? 0 : (parts[at + 1] as number);
  }

  set(doc: string, name: string, value: number): void {
    const parts = this.#documents.get(doc);
    if (parts instanceof Map) parts.set(parts.has(name) ? name : flatCopy(name), value);
    else if (parts) this.#setFew(doc, parts, name, value);
    else this.#documents.set(flatCopy(doc), [this.#shape(this.#root, name), value]);
  }

  *of(doc: string): Iterable<[name: string, value: number]> {
    const parts = this.#documents.get(doc);
    if (parts) yield* entriesOf(parts);
  }

  *under(prefix: string): Iterable<[doc: string, parts: Iterable<[name: string, value: number]>]> {
    for (const [doc, parts] of this.#documents) if (doc.startsWith(prefix)) yield [doc, entriesOf(parts)];
  }

  docs(): Iterable<string> {
    return this.#documents.keys();
  }

  delete(doc: string): void {
    this.#documents.delete(doc);
  }

  #setFew(doc: string, parts: Few, name: string, value: number): void {
    const [shape] = parts;
    const at = shape.find(name);
    if (at >= 0) parts[at + 1] = value;
    else if (shape.names.length >= FEW_PARTS)
      this.#documents.set(doc, new Map(entriesOf(parts)).set(flatCopy(name), value));
    // A new array of its final length: an array that grows reserves room for sixteen more.
    else this.#documents.set(doc, [this.#shape(shape, name), ...valuesOf(parts), value]);
  }

  #shape(from: Shape, name: string): Shape {
    const known = from.known(name);
    if (known) return known;
    if (this.#shapes >= MOST_SHAPES) {
      // Those in use stay with their documents.
      this.#root = new Shape([]);
      this.#shapes = 0;
    }
    this.#shapes += 1;
    return from.add(name);
  }
}

const valuesOf = (parts: Few): number[] => parts.slice(1) as number[];

function* entriesOf(parts: Few | Many): Iterable<[name: string, value: number]> {
  if (parts instanceof Map) yield* parts;
  else for (const [at, name] of parts[0].names.entries()) yield [name, parts[at + 1] as number];
}
