import type { KeyEntry, LogEvent } from '../api/types';
import { standingOf } from '../model/status';

export const tableKey = (provider: string, id: string): string => `${provider}/${id}`;

/** The keys as known, changed in place: with thousands of them a copy per event would cost too much. */
export class KeyTable {
  readonly #keys = new Map<string, KeyEntry>();

  get size(): number {
    return this.#keys.size;
  }

  values(): Iterable<KeyEntry> {
    return this.#keys.values();
  }

  get(provider: string, id: string): KeyEntry | undefined {
    return this.#keys.get(tableKey(provider, id));
  }

  put(keys: readonly KeyEntry[]): void {
    for (const key of keys) this.#keys.set(tableKey(key.provider, key.id), key);
  }

  delete(provider: string, id: string): void {
    this.#keys.delete(tableKey(provider, id));
  }

  /** What a complete list of one provider no longer names is gone. */
  keepOnly(provider: string, ids: ReadonlySet<string>): void {
    for (const key of [...this.#keys.values()]) {
      if (key.provider === provider && !ids.has(key.id)) this.delete(provider, key.id);
    }
  }

  keepOnlyProviders(providers: ReadonlySet<string>): void {
    for (const key of [...this.#keys.values()]) {
      if (!providers.has(key.provider)) this.delete(key.provider, key.id);
    }
  }

  /** Shows the change at once. Returns whether the key should be fetched, for the event does not say everything. */
  apply(event: LogEvent): boolean {
    const { provider, key_id: id } = event;
    if (provider === undefined || id === undefined) return false;
    if (event.type === 'key_deleted') {
      this.delete(provider, id);
      return false;
    }
    const key = this.get(provider, id);
    if (key && event.type === 'status_changed' && event.to) {
      const standing = standingOf(event.to);
      const until = event.until ?? null;
      this.put([
        {
          ...key,
          status: event.to,
          enabled: event.to !== 'disabled',
          reason: event.reason ?? null,
          cooldown_until: standing === 'cooling_down' ? until : null,
          recheck_at: standing === 'removed' && event.to !== 'disabled' ? until : null,
        },
      ]);
    }
    return event.type !== 'admin_action' && event.type !== 'store_damaged';
  }
}
