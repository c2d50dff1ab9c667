import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { redactText } from '../classification/redaction/redact';
import type { Clock, Random } from '../common/clock';
import type { GivenKey } from '../configuration/given-key';
import type { KeySource } from '../configuration/key-source';
import { KeyManagementConfigurationError } from '../configuration/resolve-options';
import type { ResolvedOptions } from '../configuration/resolved-options';
import { CLOCK, RANDOM, RESOLVED_OPTIONS } from '../key-management.constants';
import { KeyPoolService } from '../pool/key-pool.service';
import { keysFromPath } from '../sources/directory';
import { distinctKeys } from './given-keys';
import { SourceChangesService } from './source-changes.service';
import { SourceReader, type SourceKeys } from './source-reader';

/** One source as metrics and people see it. */
export interface SourceStatus {
  readonly provider: string;
  readonly name: string;
  /** Failed reads in a row. */
  readonly failures: number;
  /** Of the last good read; milliseconds since the epoch. */
  readonly lastReadAt: number | undefined;
}

const DEFAULT_NAME = 'source';
/** Errors may hold whatever a source's server wrote: one short piece of it. */
const LONGEST_WORDS = 200;
/** So many keys of the provider are looked for in what a source's error says. */
const MOST_SECRETS = 1_000;

/** Reads the key sources of all providers, and has their keys taken into the pools. */
@Injectable()
export class KeySourcesService implements OnModuleDestroy {
  readonly #logger = new Logger('KeyManagement');
  readonly #readers: SourceReader[];
  /** The keys of the first reads, by reader: until the store is open they are in no pool. */
  readonly #first = new Map<string, GivenKey[]>();
  #isStarting = true;

  constructor(
    private readonly pools: KeyPoolService,
    private readonly changes: SourceChangesService,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(CLOCK) clock: Clock,
    @Inject(RANDOM) random: Random,
  ) {
    this.#readers = [...options.providers].flatMap(([provider, { source }]) =>
      source === undefined ? [] : [this.#reader(provider, sourceOf(source.reveal()), clock, random)],
    );
  }

  onModuleDestroy(): void {
    for (const reader of this.#readers) reader.close();
  }

  /** Reads every source for the first time, which takes 10 s at most. Their keys are then reserved, and registered when the store is open. */
  async readFirst(): Promise<{ provider: string; keyId: string }[]> {
    await Promise.all(this.#readers.map((reader) => reader.first()));
    return [...this.#first].flatMap(([provider, keys]) =>
      keys.flatMap(({ key }) => (key.isNamed ? [{ provider, keyId: key.id }] : [])),
    );
  }

  /** Puts the keys that were read into their pools. */
  register(): void {
    this.#isStarting = false;
    for (const { provider, source } of this.#readers)
      this.changes.register(provider, nameOf(source), this.#first.get(provider) ?? []);
    this.#first.clear();
  }

  /** Follows the sources from now on. */
  start(): void {
    for (const reader of this.#readers) reader.start();
  }

  *statuses(): Iterable<SourceStatus> {
    for (const { provider, source, failures, lastReadAt } of this.#readers)
      yield { provider, name: nameOf(source), failures, lastReadAt };
  }

  #reader(provider: string, source: KeySource, clock: Clock, random: Random): SourceReader {
    const name = nameOf(source);
    const subject = `${provider}: the key source ${name}`;
    const reader: SourceReader = new SourceReader(
      provider,
      source,
      {
        read: (keys) => this.#take(reader, name, keys),
        failed: (error, failures) => {
          if (failures > 1) return;
          this.#logger.warn(
            `${subject} was not read: ${this.#said(provider, error)}. The keys that are there stay; it is tried again.`,
          );
        },
        recovered: () => this.#logger.log(`${subject} is read again.`),
        unwatched: (error) =>
          this.#logger.warn(
            `${subject} cannot be watched, and is read from time to time: ${this.#said(provider, error)}`,
          ),
      },
      clock,
      random,
    );
    return reader;
  }

  async #take(reader: SourceReader, name: string, keys: SourceKeys): Promise<void> {
    const { provider } = reader;
    const given = await distinctKeys(keys, this.options.providers.get(provider)?.allowHttp === true);
    if (given.length === 0) throw new Error('it gives no key');
    if (this.#isStarting) this.#first.set(provider, given);
    else await this.changes.apply(provider, name, given, () => reader.closed);
  }

  /** What an error says, without a secret. */
  #said(provider: string, error: unknown): string {
    if (error instanceof KeyManagementConfigurationError)
      return redactText(error.problems.join(' '), [], LONGEST_WORDS);
    if (!(error instanceof Error)) return 'it threw no error';
    const secrets: string[] = [];
    for (const { key } of this.pools.pool(provider)?.records() ?? []) {
      if (key.reveal() !== '') secrets.push(key.reveal());
      if (secrets.length === MOST_SECRETS) break;
    }
    return redactText(error.message, secrets, LONGEST_WORDS);
  }
}

const sourceOf = (given: KeySource | string): KeySource => (typeof given === 'string' ? keysFromPath(given) : given);
const nameOf = ({ name = DEFAULT_NAME }: KeySource): string => name;
