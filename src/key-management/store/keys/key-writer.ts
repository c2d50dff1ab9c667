import type { CooldownScope, Cooldown } from '../../pool/key/key-state';
import type { KeyChangeEvent } from '../../pool/key-events';
import type { KeyRecord } from '../../pool/key/key-record';
import type { FoundAccount } from '../../pool/limits/found-account';
import {
  accountValue,
  cooldownField,
  cooldownValue,
  documentOf,
  EXPIRY_FIELD,
  identityOf,
  isOfOwnToken,
  NO_STATE,
  rankOf,
  scopeOfField,
  stateOf,
  switchOf,
  toldValue,
  type AdminState,
} from './key-documents';
import type { KeyVault, SealedKey } from './key-vault';
import type { StoreLink } from '../sync/store-link';

const RANKS: Readonly<Record<AdminState, number>> = { enabled: 0, disabled: 1, deleted: 2 };

/** Puts the changes of keys into the outbox. */
export class KeyWriter {
  constructor(
    private readonly link: StoreLink,
    private readonly vault: KeyVault,
    private readonly cooldowns: StoredCooldowns,
    private readonly cooldownOf: (record: KeyRecord, scope: CooldownScope) => Cooldown | undefined,
  ) {}

  changed(record: KeyRecord, event: Exclude<KeyChangeEvent, { type: 'key_added' }>): void {
    const doc = documentOf(record.provider, record.id);
    switch (event.type) {
      case 'key_deleted':
        // Other instances have sources of their own, which may give it still.
        if (event.by === 'source') return;
        this.admin(doc, 'deleted');
        // Deleted means deleted: not even the encrypted key stays.
        this.identity(doc, record, undefined);
        // Added again, it starts afresh.
        this.link.put(doc, 'state', NO_STATE);
        for (const field of this.cooldowns.of(record))
          this.link.put(doc, field, cooldownValue(this.link.offsetMs, undefined, true));
        return;
      case 'key_updated':
        this.identity(doc, record, this.vault.seal(record), event.by !== 'source');
        if (event.fields.includes('enabled')) this.admin(doc, switchOf(record));
        return;
      case 'key_expiring':
        if (record.toldExpiry) this.link.put(doc, EXPIRY_FIELD, toldValue(record.toldExpiry));
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
        if (event.by === 'source' && (event.from === 'disabled' || event.to === 'disabled')) return;
        if (event.from !== event.to && (event.from === 'disabled' || event.to === 'disabled')) {
          this.admin(doc, switchOf(record));
        } else {
          // In the same batch: an instance that starts now does not trust a state without the time of its check.
          if (record.lastCheckedAt > 0)
            this.link.raise(doc, 'lastCheckedAt', record.lastCheckedAt + this.link.offsetMs, 'all');
          this.state(record, endsCooldown(event));
        }
    }
  }

  /** @param ended A cooldown ended before its time: the others are to end it too, though they know of a longer one. */
  state(record: KeyRecord, ended = false): void {
    if (isOfOwnToken(record)) return;
    const value = stateOf(record, this.link.offsetMs, ended);
    this.link.put(documentOf(record.provider, record.id), 'state', value, { rank: rankOf(record.state) });
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
      { rank: cooldown ? Math.floor(cooldown.until + offsetMs) : 0 },
    );
  }

  /** What answers have told of its account. Of simultaneous ones, that it shares with none wins. */
  account(record: KeyRecord, found: FoundAccount | undefined): void {
    if (found === undefined) return;
    const doc = documentOf(record.provider, record.id);
    this.link.put(doc, 'account', accountValue(record, found), { rank: found.isApart ? 1 : 0 });
  }

  /** @param byAdministrator An administrator's change wins over what is stored and not known here yet. */
  identity(doc: string, record: KeyRecord, sealed: SealedKey | undefined, byAdministrator = true): void {
    const identity = identityOf(record, sealed);
    if (byAdministrator) this.link.putByAdministrator(doc, 'identity', identity);
    else this.link.put(doc, 'identity', identity);
  }

  admin(doc: string, state: AdminState): void {
    this.link.putByAdministrator(doc, 'admin', state, RANKS[state]);
  }
}

/** A cooldown that time ends is not written: every instance sees that by itself. */
const endsCooldown = ({ by, from, to }: Extract<KeyChangeEvent, { type: 'status_changed' }>): boolean =>
  (from === 'cooling_down' || from === 'rate_limited') && (to === 'healthy' || by === 'administrator');

/** Fields of one key's document cannot be taken out again, and callers may make up the names of models and endpoints. */
const MOST_MODELS = 256;
const MOST_ENDPOINTS = 64;

interface Fields {
  readonly models: Set<string>;
  readonly endpoints: Set<string>;
}

/** Which cooldowns of each key the store holds. Above a bound no further ones are stored, and each instance learns them by itself. */
export class StoredCooldowns {
  readonly #fields = new WeakMap<KeyRecord, Fields>();

  /** The store has this field. */
  seen(record: KeyRecord, field: string): void {
    const scope = scopeOfField(field);
    if (scope === undefined) return;
    const { models, endpoints } = this.#of(record);
    (scope.model === undefined ? endpoints : models).add(field);
  }

  /** Whether the field may be written. */
  admits(record: KeyRecord, field: string): boolean {
    const { models, endpoints } = this.#of(record);
    const [fields, most] =
      scopeOfField(field)?.model === undefined ? [endpoints, MOST_ENDPOINTS] : [models, MOST_MODELS];
    if (fields.size < most) fields.add(field);
    return fields.has(field);
  }

  /** Those that the store may have of the key. */
  *of(record: KeyRecord): Iterable<string> {
    const { models, endpoints } = this.#of(record);
    yield* models;
    yield* endpoints;
  }

  #of(record: KeyRecord): Fields {
    let fields = this.#fields.get(record);
    if (!fields) this.#fields.set(record, (fields = { models: new Set(), endpoints: new Set() }));
    return fields;
  }
}

/** Keys that another instance deleted from the store while they are in use here: they are stored with their secret again, unless they are gone within the second. */
export class LostSecrets {
  readonly #records = new Set<KeyRecord>();

  constructor(
    private readonly link: StoreLink,
    private readonly vault: KeyVault,
  ) {}

  note(record: KeyRecord): void {
    this.#records.add(record);
    this.link.statisticsPending();
  }

  storeAgain(): void {
    for (const record of this.#records) {
      const sealed = this.vault.seal(record);
      if (sealed !== undefined && !record.deleted)
        this.link.put(documentOf(record.provider, record.id), 'identity', identityOf(record, sealed));
    }
    this.#records.clear();
  }
}
