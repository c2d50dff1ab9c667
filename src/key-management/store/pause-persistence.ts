import type { ChangedBy } from '../pool/key-events';
import type { KeyPoolService, PauseJournal } from '../pool/key-pool.service';
import { isExpiry } from '../pool/key/key-expiry';
import type { ProviderPause } from '../pool/provider-pauses';
import { PROVIDER_NAME } from '../configuration/options-schema';
import { isRecord, isTime } from './keys/key-documents';
import type { DocumentOwner, KnownDocument } from './sync/document-owner';
import type { FieldChange, Json, StoredDocument } from './port/key-store';
import type { StoreLink } from './sync/store-link';

const PAUSES = 'pauses/';
/** One register: the pause, or `false` once the provider was resumed. */
const FIELD = 'pause';

/** The document that says whether the provider is paused. */
const pauseDocument = (provider: string): string => PAUSES + provider;

/** Keeps which providers administrators have paused, and takes in what they did on other instances. */
export class PausePersistence implements DocumentOwner, PauseJournal {
  readonly prefix = PAUSES;
  /** As stored, by provider. */
  readonly #set = new Map<string, Json>();

  /** @param kept Resolves when all changes of the document are in the store. */
  constructor(
    private readonly pools: KeyPoolService,
    private readonly link: StoreLink,
    private readonly kept: (doc: string, provider: string) => Promise<void>,
  ) {
    pools.usePauseJournal(this);
  }

  get isKept(): boolean {
    return this.link.kind !== 'memory';
  }

  put(provider: string, pause: ProviderPause | undefined): void {
    const value = pause === undefined ? false : storedPause(pause);
    this.#set.set(provider, value);
    // Of two administrators in the same moment the one who pauses wins: nothing is called that one of them does not want called.
    this.link.putByAdministrator(pauseDocument(provider), FIELD, value, pause === undefined ? 0 : 1);
  }

  of(provider: string): ProviderPause | undefined {
    return readPause(this.#set.get(provider) ?? null);
  }

  saved(provider: string): Promise<void> {
    return this.kept(pauseDocument(provider), provider);
  }

  merge({ doc, registers }: StoredDocument): void {
    for (const [field, { value }] of Object.entries(registers)) this.#take(doc, field, value, 'store');
  }

  changed(change: FieldChange): void {
    if (change.kind === 'set') this.#take(change.doc, change.field, change.register.value, 'instance');
  }

  *known(): Iterable<KnownDocument> {
    for (const [provider, value] of this.#set)
      yield { doc: pauseDocument(provider), registers: { [FIELD]: value }, maxima: {} };
  }

  #take(doc: string, field: string, value: Json, by: ChangedBy): void {
    const provider = doc.slice(PAUSES.length);
    if (field !== FIELD || !PROVIDER_NAME.test(provider)) return;
    const pause = value === false ? undefined : readPause(value);
    if (pause === undefined && value !== false) {
      this.link.setAside(doc, 'a pause that is none');
      return;
    }
    this.#set.set(provider, value);
    this.pools.takePause(provider, pause, by);
  }
}

/** An administrator's times are of the calendar, not of this machine's clock: they are stored as they are. */
const storedPause = ({ since, until }: ProviderPause): Json => ({ since, until: until === Infinity ? null : until });

function readPause(value: Json): ProviderPause | undefined {
  if (!isRecord(value)) return undefined;
  const { since, until = null } = value;
  if (!isTime(since) || (until !== null && !isExpiry(until))) return undefined;
  return { since, until: until ?? Infinity };
}
