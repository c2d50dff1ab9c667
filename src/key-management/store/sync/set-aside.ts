/** Documents that are named in the log; further ones are not. */
const MOST_NAMED = 1_000;

/** Names each document that cannot be used, or cannot be written, in the log: once. */
export class SetAside {
  readonly #named = new Set<string>();

  constructor(
    private readonly kind: string,
    private readonly warn: (message: string) => void,
  ) {}

  /** @param problem What is wrong; holds nothing of the document's contents, which may be anything. */
  unreadable(doc: string, problem: string): void {
    this.#name(doc, `The ${this.kind} store holds what makes no sense in ${doc}: ${problem}. It is set aside.`);
  }

  unwritable(doc: string, problem: string): void {
    this.#name(doc, `The ${this.kind} store cannot hold a change of ${doc}, which is set aside: ${problem}`);
  }

  #name(doc: string, message: string): void {
    if (this.#named.has(doc) || this.#named.size >= MOST_NAMED) return;
    this.#named.add(doc);
    this.warn(message);
  }
}
