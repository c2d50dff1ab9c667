import { createHash } from 'node:crypto';
import { getOrCreate } from '../common/get-or-create';
import { RUN_OUT_WARNINGS, type RunOutWarning } from '../pool/key-events';
import type { FieldChange, Json, StoredDocument } from '../store/port/key-store';
import type { DocumentOwner, KnownDocument } from '../store/sync/document-owner';
import type { StoreLink } from '../store/sync/store-link';

/** A document per provider, with a register for each thing that runs out. */
const TOLD = 'run-outs/';

/** Which thresholds were told of: the same for all instances, and over restarts. */
export class RunOutsTold implements DocumentOwner {
  readonly prefix = TOLD;
  /** By provider, and by the mark of the thing. */
  readonly #told = new Map<string, Map<string, RunOutWarning | null>>();

  constructor(private readonly link: Pick<StoreLink, 'own' | 'put' | 'setAside'>) {
    link.own(this);
  }

  providerOf(doc: string): string {
    return doc.slice(TOLD.length);
  }

  forget(provider: string): void {
    this.#told.delete(provider);
  }

  /** The smallest threshold that was told of this thing; undefined where none was. */
  of(provider: string, name: string): RunOutWarning | undefined {
    return this.#told.get(provider)?.get(markOf(name)) ?? undefined;
  }

  /** The lock under which it is told of. */
  lockOf(provider: string, name: string): string {
    return `${TOLD}${provider}/${markOf(name)}`;
  }

  set(provider: string, name: string, hours: RunOutWarning | undefined): void {
    const mark = markOf(name);
    this.#of(provider).set(mark, hours ?? null);
    this.link.put(TOLD + provider, mark, hours ?? null);
  }

  merge({ doc, registers }: StoredDocument): void {
    for (const [mark, { value }] of Object.entries(registers)) this.#take(doc, mark, value);
  }

  changed(change: FieldChange): void {
    if (change.kind === 'set') this.#take(change.doc, change.field, change.register.value);
  }

  *known(): Iterable<KnownDocument> {
    for (const [provider, told] of this.#told)
      yield { doc: TOLD + provider, registers: Object.fromEntries(told), maxima: {} };
  }

  #of(provider: string): Map<string, RunOutWarning | null> {
    return getOrCreate(this.#told, provider, () => new Map<string, RunOutWarning | null>());
  }

  #take(doc: string, mark: string, value: Json): void {
    const hours = value === null ? null : RUN_OUT_WARNINGS.find((each) => each === value);
    if (hours === undefined) this.link.setAside(doc, 'a threshold that is none');
    else this.#of(doc.slice(TOLD.length)).set(mark, hours);
  }
}

/** Names may be long, and of any characters. */
const markOf = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 32);
