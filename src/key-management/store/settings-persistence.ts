import type { Configuration, ConfigurationJournal, ConfigurationService } from '../configuration/configuration.service';
import { CONFIGURATION } from '../configuration/options-schema';
import type { DocumentOwner, KnownDocument } from './sync/document-owner';
import type { FieldChange, Json, StoredDocument } from './port/key-store';
import type { StoreLink } from './sync/store-link';

const SETTINGS = 'settings/';
/** The document of the settings that change at run time, a register each. */
export const SETTINGS_DOC = `${SETTINGS}configuration`;

const NAMES = ['maxRetries', 'healthCheckIntervalMinutes'] as const satisfies readonly (keyof Configuration)[];
const isName = (field: string): field is keyof Configuration => (NAMES as readonly string[]).includes(field);

/** Keeps what administrators set at run time, and takes in what they set on other instances. */
export class SettingsPersistence implements DocumentOwner, ConfigurationJournal {
  readonly prefix = SETTINGS;
  /** What an administrator has set, here or elsewhere. */
  readonly #set: Partial<Configuration> = {};

  constructor(
    private readonly configuration: ConfigurationService,
    private readonly link: StoreLink,
    readonly saved: () => Promise<void>,
  ) {
    configuration.useJournal(this);
  }

  get isKept(): boolean {
    return this.link.kind !== 'memory';
  }

  set(changes: Partial<Configuration>): void {
    for (const name of NAMES) {
      const value = changes[name];
      if (value === undefined) continue;
      this.#set[name] = value;
      this.link.putByAdministrator(SETTINGS_DOC, name, value);
    }
  }

  merge({ doc, registers }: StoredDocument): void {
    for (const [field, { value }] of Object.entries(registers)) this.#take(doc, field, value);
  }

  changed(change: FieldChange): void {
    if (change.kind === 'set') this.#take(change.doc, change.field, change.register.value);
  }

  *known(): Iterable<KnownDocument> {
    yield { doc: SETTINGS_DOC, registers: { ...this.#set }, maxima: {} };
  }

  #take(doc: string, field: string, value: Json): void {
    if (doc !== SETTINGS_DOC || !isName(field)) return;
    const { data } = CONFIGURATION.safeParse({ [field]: value });
    const set = data?.[field];
    if (set === undefined) {
      this.link.setAside(doc, `a value of ${field} that is none`);
      return;
    }
    this.#set[field] = set;
    this.configuration.take({ [field]: set });
  }
}
