/** Numbers for keys, so that rows of tables need no text. A number is free again when neither a key nor a row holds it. */
export class KeySlots {
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
    let slots = this.#byProvider.get(provider);
    if (!slots) this.#byProvider.set(provider, (slots = new Map<string, number>()));
    let slot = slots.get(keyId);
    if (slot === undefined) {
      slot = this.#free.pop() ?? this.#providers.length;
      slots.set(keyId, slot);
      this.#providers[slot] = provider;
      this.#keyIds[slot] = keyId;
      this.#holds[slot] = 0;
    }
    return slot;
  }

  keyOf(slot: number): { readonly provider: string; readonly keyId: string } {
    return { provider: this.#providers[slot]!, keyId: this.#keyIds[slot]! };
  }

  providers(): Iterable<string> {
    return this.#byProvider.keys();
  }

  hold(slot: number): void {
    this.#holds[slot]! += 1;
  }

  release(slot: number): void {
    this.#holds[slot]! -= 1;
    const provider = this.#providers[slot];
    if (this.#holds[slot]! > 0 || provider === undefined) return;
    this.#byProvider.get(provider)?.delete(this.#keyIds[slot]!);
    this.#providers[slot] = undefined;
    this.#free.push(slot);
  }
}
