import { ChangeDeduplicator } from '../port/change-deduplicator';
import type { StoreChange } from '../port/key-store';
import { ChangeReader, type Position, type ReaderSettings } from './change-reader';
import type { Snapshots } from './snapshots';

/** Documents that one slot of a cluster holds, and the streams of what is written to them. */
export class Shard {
  readonly deduplicator: ChangeDeduplicator;
  readonly reader: ChangeReader;
  readonly snapshots: Snapshots;

  /**
   * @param root Its keys begin with it.
   * @param changed Others changed this.
   * @param missed Changes may have been missed while connected.
   */
  constructor(
    readonly root: string,
    settings: Omit<ReaderSettings, 'stream' | 'letters'> & { readonly instance: string; readonly snapshots: Snapshots },
    changed: (changes: readonly StoreChange[]) => void,
    missed: () => void,
  ) {
    this.snapshots = settings.snapshots;
    this.deduplicator = new ChangeDeduplicator(changed);
    this.reader = new ChangeReader(
      { ...settings, stream: `${root}changes`, letters: `${root}letters:${settings.instance}` },
      {
        batch: (batch) => this.deduplicator.receive(batch),
        letter: changed,
        missed: () => {
          this.deduplicator.reset();
          missed();
        },
      },
    );
  }

  /** Goes on where it was, or where the data is now. Returns whether there may be a gap between the two. */
  arrive(now: Position): boolean {
    const isMissed = this.reader.arrive(now);
    if (isMissed) this.deduplicator.reset();
    return isMissed;
  }
}
