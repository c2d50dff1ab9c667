import type { CooldownScope } from '../../pool/key/key-state';
import type { Cooldown } from '../../pool/key/key-state';
import type { KeyChangeEvent } from '../../pool/key-events';
import type { KeyRecord } from '../../pool/key/key-record';
import {
  cooldownField,
  cooldownValue,
  documentOf,
  identityOf,
  NO_STATE,
  rankOf,
  stateOf,
  type AdminState,
} from './key-documents';
import type { KeyVault } from './key-vault';
import type { ModelCooldowns } from './model-cooldowns';
import type { StoreLink } from '../sync/store-link';

const RANKS: Readonly<Record<AdminState, number>> = { enabled: 0, disabled: 1, deleted: 2 };

/** Puts into the outbox what becomes of keys. */
export class KeyWriter {
  constructor(
    private readonly link: StoreLink,
    private readonly vault: KeyVault,
    private readonly cooldowns: ModelCooldowns,
    private readonly cooldownOf: (record: KeyRecord, scope: CooldownScope) => Cooldown | undefined,
  ) {}

  changed(record: KeyRecord, event: Exclude<KeyChangeEvent, { type: 'key_added' }>): void {
    const doc = documentOf(record.provider, record.id);
    switch (event.type) {
      case 'key_deleted':
        this.admin(doc, 'deleted');
        // Deleted means deleted: not even the encrypted key stays.
        this.identity(doc, record, undefined);
        // Added again, it starts afresh.
        this.link.put(doc, 'state', NO_STATE);
        for (const field of this.cooldowns.of(record))
          this.link.put(doc, field, cooldownValue(this.link.offsetMs, undefined, true));
        return;
      case 'key_updated':
        this.identity(doc, record, this.vault.seal(record));
        return;
      case 'model_cooled_down':
        this.cooldown(record, { model: event.model });
        return;
      case 'endpoint_cooled_down':
        this.cooldown(record, { endpoint: event.endpoint });
        return;
      case 'cooldown_ended':
        if (event.model !== undefined) this.cooldown(record, { model: event.model }, true);
        else if (event.endpoint !== undefined) this.cooldown(record, { endpoint: event.endpoint }, true);
        return;
      case 'status_changed':
        // What time brings, every instance sees by itself.
        if (event.by === 'time') return;
        if (event.from !== event.to && (event.from === 'disabled' || event.to === 'disabled')) {
          this.admin(doc, record.enabled ? 'enabled' : 'disabled');
        } else {
          // In the same batch: one who starts now takes no verdict at its word whose time it does not know.
          if (record.lastCheckedAt > 0)
            this.link.raise(doc, 'lastCheckedAt', record.lastCheckedAt + this.link.offsetMs);
          this.state(record, endsCooldown(event));
        }
    }
  }

  /** @param ended A cooldown ended before its time: the others are to end it too, though they know of a longer one. */
  state(record: KeyRecord, ended = false): void {
    const value = stateOf(record, this.link.offsetMs, ended);
    this.link.put(documentOf(record.provider, record.id), 'state', value, rankOf(record.state));
  }

  /** Of simultaneous ones the longest wins. */
  cooldown(record: KeyRecord, scope: CooldownScope, ended = false): void {
    const field = cooldownField(scope);
    if (!this.cooldowns.admits(record, field)) return;
    const { offsetMs } = this.link;
    const cooldown = this.cooldownOf(record, scope);
    this.link.put(
      documentOf(record.provider, record.id),
      field,
      cooldownValue(offsetMs, cooldown, ended),
      // By the clock of all: by its own, an instance whose clock is ahead would always win.
      cooldown ? Math.floor(cooldown.until + offsetMs) : 0,
    );
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

/** Time alone ends a cooldown without a word: every instance sees it by itself. */
const endsCooldown = ({ by, from, to }: Extract<KeyChangeEvent, { type: 'status_changed' }>): boolean =>
  (from === 'cooling_down' || from === 'rate_limited') && (to === 'healthy' || by === 'administrator');
