import type { Clock, Random } from '../../common/clock';
import { ChangeDeduplicator } from '../port/change-deduplicator';
import type { StoreChange } from '../port/key-store';
import { ChangeReader, type Position, type ReaderSettings } from './change-reader';
import type { ScriptArgument } from './scripts';
import { Snapshots } from './snapshots';

export interface ShardSettings extends Omit<ReaderSettings, 'stream' | 'letters'> {
  readonly instance: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** What a shard needs of the connections to the server. */
export interface ShardServer {
  run(root: string, script: string, args: readonly ScriptArgument[]): Promise<unknown>;
  /** A field of a hash. */
  field(key: string, field: string): Promise<Buffer | null>;
  /** The present connection. */
  connection(): unknown;
  /** Others changed this. */
  changed(changes: readonly StoreChange[]): void;
  /** Changes may have been missed while connected. */
  missed(): void;
}

/** Documents that one slot of a cluster holds, the streams of what is written to them, and their snapshots. */
export class Shard {
  readonly deduplicator: ChangeDeduplicator;
  readonly reader: ChangeReader;
  readonly snapshots: Snapshots;

  /** @param root Its keys begin with it. */
  constructor(
    readonly root: string,
    settings: ShardSettings,
    server: ShardServer,
  ) {
    const changed = (changes: readonly StoreChange[]): void => server.changed(changes);
    this.deduplicator = new ChangeDeduplicator(changed);
    this.reader = new ChangeReader(
      { ...settings, stream: `${root}changes`, letters: `${root}letters:${settings.instance}` },
      {
        batch: (batch) => this.deduplicator.receive(batch),
        letter: changed,
        missed: () => {
          this.deduplicator.reset();
          server.missed();
        },
      },
    );
    const source = {
      run: (script: string, args: readonly ScriptArgument[]) => server.run(root, script, args),
      field: (key: string, field: string) => server.field(root + key, field),
      get connection() {
        return server.connection();
      },
    };
    this.snapshots = new Snapshots(source, settings.clock, settings.random);
  }

  /** Goes on where it was, or where the data is now. Returns whether there may be a gap between the two. */
  arrive(now: Position): boolean {
    const isMissed = this.reader.arrive(now);
    if (isMissed) this.deduplicator.reset();
    return isMissed;
  }
}
