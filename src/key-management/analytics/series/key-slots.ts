/** Numbers for keys, so that rows of tables need no text. A number is free again when neither a key nor a row holds it. */
export class KeySlots {
  readonly #byProvider = new Map<string, Map<string, number>>();
  readonly #keys: ({ readonly provider: string; readonly keyId: string } | undefined)[] = [];
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
      slot = this.#free.pop() ?? this.#keys.length;
      slots.set(keyId, slot);
      this.#keys[slot] = { provider, keyId };
      this.#holds[slot] = 0;
    }
    return slot;
  }

  keyOf(slot: number): { readonly provider: string; readonly keyId: string } {
    return this.#keys[slot]!;
  }

  providers(): Iterable<string> {
    return this.#byProvider.keys();
  }

  hold(slot: number): void {
    this.#holds[slot]! += 1;
  }

  release(slot: number): void {
    this.#holds[slot]! -= 1;
    const key = this.#keys[slot];
    if (this.#holds[slot]! > 0 || !key) return;
    this.#byProvider.get(key.provider)?.delete(key.keyId);
    this.#keys[slot] = undefined;
    this.#free.push(slot);
  }
}
