import type { Condition } from './rule';

/** Calls, other than those to a kind's own collections, whose answers tell an id of it. */
export interface TellingCall {
  /** What the path ends in: `/messages`, `:batchGenerateContent`. */
  readonly path: string;
  /** What the body of the request has, where not every such call makes one. A linear pattern. */
  readonly where?: RegExp;
}

/** One kind of object that exists in the account which made it, and in no other: a file, a batch, a stored response. */
export interface BoundKind {
  /** For people, in one or two words: `file`, `vector store`. */
  readonly kind: string;
  /**
   * Segments of a path behind which an id stands: `files` for `/v1/files/{id}`. The answers of calls to such a path tell ids, too.
   */
  readonly collections?: readonly string[];
  /** Segments that stand there and are no ids: `compact` for `/v1/responses/compact`. */
  readonly actions?: readonly string[];
  /**
   * Fields of JSON that hold an id of it, a list of ids, or an object that begins with its `id`: at any depth, of requests and of answers.
   */
  readonly fields?: readonly string[];
  /** The field in which the answer of a call to its collection has the id. Default `id`. */
  readonly idField?: string;
  /** How its ids begin, where the vendor gives them a form: what a field holds otherwise is none. */
  readonly like?: RegExp;
  /** Fields hold its ids behind the name of the collection, in a name or a URL: `files/abc`. */
  readonly isNamed?: boolean;
  /** Further calls whose answers tell an id. */
  readonly toldBy?: readonly TellingCall[];
  /** What the body of a request has that makes none, though its path says so: `"store": false`. A linear pattern. */
  readonly notMadeBy?: RegExp;
  /** Days for which the vendor keeps it, or for which it is worth knowing. Default 30. */
  readonly keptDays?: number;
}

/** The ids of a vendor's objects that belong to an account, and how another account answers where it is asked for one. */
export interface BoundIds {
  /** What objects there are. */
  readonly kinds: readonly BoundKind[];
  /**
   * What shows that the account does not have what the call names, and that nothing was done or billed: each entry is a list of conditions that
   * all hold. Only then another account is asked.
   */
  readonly notFound: readonly (readonly Condition[])[];
}
