import type { KeyChangeEvent } from '../pool/key-events';
import type { KeyRecord } from '../pool/key-record';
import { documentOf, identityOf, modelRestField, rankOf, stateOf, type AdminState } from './key-documents';
import type { KeyVault } from './key-vault';
import type { ModelRests } from './model-rests';
import type { StoreLink } from './store-link';

const RANKS: Readonly<Record<AdminState, number>> = { enabled: 0, disabled: 1, deleted: 2 };

/** Puts into the outbox what becomes of keys. */
export class KeyWriter {
  constructor(
    private readonly link: StoreLink,
    private readonly vault: KeyVault,
    private readonly rests: ModelRests,
    private readonly now: () => number,
  ) {}

  changed(record: KeyRecord, event: Exclude<KeyChangeEvent, { type: 'key_added' }>): void {
    const doc = documentOf(record.provider, record.id);
    switch (event.type) {
      case 'key_deleted':
        this.admin(doc, 'deleted');
        // Deleted means deleted: not even the encrypted key stays.
        this.link.put(doc, 'identity', identityOf(record, undefined));
        return;
      case 'key_updated':
        this.link.put(doc, 'identity', identityOf(record, this.vault.seal(record)));
        return;
      case 'model_rested': {
        const field = modelRestField(event.model);
        if (this.rests.admits(record, field)) this.link.raise(doc, field, event.until.getTime());
        return;
      }
      case 'status_changed':
        // What time brings, every instance sees by itself.
        if (event.by === 'time') return;
        if (event.from !== event.to && (event.from === 'disabled' || event.to === 'disabled')) {
          this.admin(doc, record.enabled ? 'enabled' : 'disabled');
        } else {
          // In the same batch: one who starts now takes no verdict at its word whose time it does not know.
          if (record.lastCheckedAt > 0) this.link.raise(doc, 'lastCheckedAt', record.lastCheckedAt);
          this.state(record);
        }
    }
  }

  state(record: KeyRecord): void {
    this.link.put(documentOf(record.provider, record.id), 'state', stateOf(record), rankOf(record.state));
  }

  admin(doc: string, state: AdminState): void {
    // By the clock, so that it wins over what was decided before and is not known here, the store being away since the start. In minutes,
    // so that among simultaneous ones still the rank decides.
    this.link.put(doc, 'admin', state, RANKS[state], Math.floor(this.now() / 60_000));
  }
}
