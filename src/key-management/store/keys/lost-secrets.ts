import type { KeyRecord } from '../../pool/key/key-record';
import { documentOf, identityOf } from './key-documents';
import type { KeyVault } from './key-vault';
import type { StoreLink } from '../sync/store-link';

/** Keys that another instance deleted, and that live: unless that is over within the second, they are stored with their secret again. */
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
