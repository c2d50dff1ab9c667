/** The oldest goes for a new one beyond so many. */
const MOST_SESSIONS = 1_000;

/**
 * Which key began an upload that is sent in parts. The vendor's answer to the first request says where the parts go, and only the account
 * that began it may send them.
 */
export class UploadSessions {
  /** Ids of keys, by the URL of the parts. */
  readonly #keys = new Map<string, string>();

  begun(url: string, keyId: string): void {
    this.#keys.set(url, keyId);
    if (this.#keys.size <= MOST_SESSIONS) return;
    for (const oldest of this.#keys.keys()) {
      this.#keys.delete(oldest);
      return;
    }
  }

  keyOf(url: string): string | undefined {
    return this.#keys.size === 0 ? undefined : this.#keys.get(url);
  }
}
