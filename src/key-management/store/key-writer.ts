import type { KeyEvent } from '../pool/key-events';
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
  ) {}

  changed(record: KeyRecord, event: Exclude<KeyEvent, { type: 'key_added' }>): void {
    const doc = documentOf(record.provider, record.id);
    switch (event.type) {
      case 'key_deleted':
        this.admin(doc, 'deleted');
        // Deleted means deleted: not even the encrypted key stays.
        this.identity(doc, record, undefined);
        return;
      case 'key_updated':
        this.identity(doc, record, this.vault.seal(record));
        return;
      case 'model_rested': {
        const field = modelRestField(event.model);
        if (this.rests.admits(record, field)) this.link.raise(doc, field, event.until.getTime() + this.link.offsetMs);
        return;
      }
      case 'status_changed':
        // What time brings, every instance sees by itself.
        if (event.by === 'time') return;
        if (event.from !== event.to && (event.from === 'disabled' || event.to === 'disabled')) {
          this.admin(doc, record.enabled ? 'enabled' : 'disabled');
        } else {
          // In the same batch: one who starts now takes no verdict at its word whose time it does not know.
          if (record.lastCheckedAt > 0)
            this.link.raise(doc, 'lastCheckedAt', record.lastCheckedAt + this.link.offsetMs);
          this.state(record);
        }
    }
  }

  state(record: KeyRecord): void {
    const value = stateOf(record, this.link.offsetMs);
    this.link.put(documentOf(record.provider, record.id), 'state', value, rankOf(record.state));
  }

  /** @param isWord An administrator said so: that holds against what is stored and not known here yet. */
  identity(doc: string, record: KeyRecord, secret: string | undefined, isWord = true): void {
    const identity = identityOf(record, secret);
    if (isWord) this.link.putWord(doc, 'identity', identity);
    else this.link.put(doc, 'identity', identity);
  }

  admin(doc: string, state: AdminState): void {
    this.link.putWord(doc, 'admin', state, RANKS[state]);
  }
}
