import type { ScriptBook } from './script-book';
import { answerFault, outcomeFault, type ScriptedAnswer, type ScriptedOutcome } from './scripted-answer';
import type { ScriptedCall } from './scripted-call';

/** The id of a key that was added while the app runs. */
const HASH_ID = /^[0-9a-f]{16}$/;

/** What the vendor answers to calls with one key. */
export class KeyScript {
  /** @internal */
  constructor(
    protected readonly book: ScriptBook,
    protected readonly provider: string,
    private readonly keyId?: string,
  ) {}

  /**
   * What the next attempts come to, one answer each, after those that were given before. Answers for one key go before those for all keys.
   * @throws RangeError for what is no answer
   */
  next(...answers: readonly ScriptedAnswer[]): this {
    for (const answer of answers) refuseFault(answerFault(answer));
    this.#page.next.push(...answers);
    return this;
  }

  /**
   * What attempts come to when no next answer is left. Without it such an attempt is refused.
   * @throws RangeError for what is no answer
   */
  always(answer: ScriptedAnswer): this {
    refuseFault(answerFault(answer));
    this.#page.always = answer;
    return this;
  }

  /**
   * What health checks come to from now on. Default `ok`, so that keys are let in, and come back when they are checked.
   * @throws RangeError for what is no outcome
   */
  probes(outcome: ScriptedOutcome): this {
    refuseFault(outcomeFault(outcome));
    this.#page.probes = outcome;
    return this;
  }

  /** The requests so far, the oldest first. */
  get calls(): readonly ScriptedCall[] {
    const { keyId } = this;
    return this.book.calls.filter(
      (call) => call.provider === this.provider && (keyId === undefined || call.keyId === keyId),
    );
  }

  get #page(): ReturnType<ScriptBook['page']> {
    return this.book.page(this.provider, this.keyId);
  }
}

/** What the vendor of one provider answers. */
export class ProviderScript extends KeyScript {
  /**
   * The script of one key, by its id.
   * @throws RangeError for an id that no key of the provider has
   */
  key(id: string): KeyScript {
    const known = this.book.providers.get(this.provider);
    const ids = [...(known?.values() ?? [])];
    if (known && !ids.includes(id) && !HASH_ID.test(id))
      throw new RangeError(`${this.provider} has no key "${id}" in this test. Its keys: ${ids.join(', ') || 'none'}.`);
    return new KeyScript(this.book, this.provider, id);
  }

  /** Answers of `next` that no attempt has used, those of single keys included. */
  get pending(): number {
    return this.book.pending(this.provider);
  }
}

/** What vendors answer to an app under test, and what it asked of them. */
export class VendorScript {
  readonly #book: ScriptBook;

  /** @internal */
  constructor(book: ScriptBook) {
    this.#book = book;
  }

  /**
   * The script of one provider.
   * @throws RangeError for a provider that neither the test nor the running app knows
   */
  for(provider: string): ProviderScript {
    if (!this.#book.knows(provider))
      throw new RangeError(
        `This test has no provider "${provider}", only ${[...this.#book.providers.keys()].join(', ')}. Name it in the providers of KeyManagementTestingModule.`,
      );
    return new ProviderScript(this.#book, provider);
  }

  /** All requests so far, the oldest first. */
  get calls(): readonly ScriptedCall[] {
    return [...this.#book.calls];
  }

  /** Answers of `next` that no attempt has used. A test that expects 0 at its end finds a call that was never made. */
  get pending(): number {
    return this.#book.pending();
  }

  /** Forgets all answers and requests. Keys stay as calls have left them. */
  reset(): void {
    this.#book.clear();
  }
}

function refuseFault(fault: string | undefined): void {
  if (fault !== undefined) throw new RangeError(fault);
}
