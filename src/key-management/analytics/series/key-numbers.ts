import { getOrCreate } from '../../common/get-or-create';

/** Gives keys small numbers, so that rows of tables need no text (interning). A number is free again when neither a key nor a row holds it. */
export class KeyNumbers {
  readonly #byProvider = new Map<string, Map<string, number>>();
  readonly #providers: (string | undefined)[] = [];
  readonly #keyIds: string[] = [];
  readonly #holds: number[] = [];
  readonly #free: number[] = [];

  find(provider: string, keyId: string): number | undefined {
    return this.#byProvider.get(provider)?.get(keyId);
  }

  /** The key's number, given if it has none. It stays only while it is held. */
  of(provider: string, keyId: string): number {
    const numbers = getOrCreate(this.#byProvider, provider, () => new Map<string, number>());
    let keyNumber = numbers.get(keyId);
    if (keyNumber === undefined) {
      keyNumber = this.#free.pop() ?? this.#providers.length;
      numbers.set(keyId, keyNumber);
      this.#providers[keyNumber] = provider;
      this.#keyIds[keyNumber] = keyId;
      this.#holds[keyNumber] = 0;
    }
    return keyNumber;
  }

  keyOf(keyNumber: number): { readonly provider: string; readonly keyId: string } {
    return { provider: this.#providers[keyNumber]!, keyId: this.#keyIds[keyNumber]! };
  }

  providers(): Iterable<string> {
    return this.#byProvider.keys();
  }

  /** The numbers of a provider's keys. */
  ofProvider(provider: string): number[] {
    return [...(this.#byProvider.get(provider)?.values() ?? [])];
  }

  hold(keyNumber: number): void {
    this.#holds[keyNumber]! += 1;
  }

  release(keyNumber: number): void {
    this.#holds[keyNumber]! -= 1;
    const provider = this.#providers[keyNumber];
    if (this.#holds[keyNumber]! > 0 || provider === undefined) return;
    const numbers = this.#byProvider.get(provider);
    numbers?.delete(this.#keyIds[keyNumber]!);
    if (numbers?.size === 0) this.#byProvider.delete(provider);
    this.#providers[keyNumber] = undefined;
    this.#keyIds[keyNumber] = '';
    this.#free.push(keyNumber);
  }
}
