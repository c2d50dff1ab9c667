import type { EventPage, Figures, KeyEntry, LogEvent } from '../api/types';
import { KeyTable } from './key-table';
import { Store } from './store';

export interface DataState {
  /** Changes with every change in `keys`, which is one and the same table for ever. */
  keysVersion: number;
  /** `loading` until every page of every provider has come once. */
  keysPhase: 'loading' | 'ready';
  keysExpected: number;
  figures: Figures | undefined;
  eventsPhase: 'loading' | 'ready';
  events: readonly LogEvent[];
  /** The log has older ones. */
  hasOlderEvents: boolean;
  /** When the server last told us something. */
  updatedAt: number | undefined;
  /** Why the last refresh failed; undefined when it did not. */
  problem: string | undefined;
}

const MOST_EVENTS = 500;
/** Bursts of events are painted together. */
const PAINT_MS = 100;

const EMPTY: DataState = {
  keysVersion: 0,
  keysPhase: 'loading',
  keysExpected: 0,
  figures: undefined,
  eventsPhase: 'loading',
  events: [],
  hasOlderEvents: false,
  updatedAt: undefined,
  problem: undefined,
};

/** All that the server told us. */
export class Data {
  readonly state = new Store<DataState>(EMPTY);
  readonly keys = new KeyTable();
  #painting: ReturnType<typeof setTimeout> | undefined;
  #unpainted: LogEvent[] = [];

  keysChanged(): void {
    this.state.patch({ keysVersion: this.state.value.keysVersion + 1 });
  }

  putKeys(keys: readonly KeyEntry[]): void {
    this.keys.put(keys);
    this.keysChanged();
  }

  deleteKey(provider: string, id: string): void {
    this.keys.delete(provider, id);
    this.keysChanged();
  }

  /** Returns whether the key should be fetched. */
  applyEvent(event: LogEvent): boolean {
    this.#unpainted.push(event);
    if (this.#painting === undefined) this.#painting = setTimeout(() => this.#paint(), PAINT_MS);
    return this.keys.apply(event);
  }

  /** What the server has is the truth; what came live meanwhile goes on top. */
  replaceEvents(fromServer: EventPage, since: number): void {
    const live = this.state.value.events.filter(({ at }) => Date.parse(at) >= since);
    const hasOlderEvents = fromServer.next_cursor !== null;
    this.state.patch({ ...latest(merged(live, fromServer.events), hasOlderEvents), eventsPhase: 'ready' });
  }

  #paint(): void {
    this.#painting = undefined;
    const fresh = this.#unpainted.reverse();
    this.#unpainted = [];
    const { events, hasOlderEvents, keysVersion } = this.state.value;
    this.state.patch({
      ...latest(merged(fresh, events), hasOlderEvents),
      keysVersion: keysVersion + 1,
      updatedAt: Date.now(),
    });
  }
}

const nameOf = ({ id, at }: LogEvent): string => `${id} ${at}`;

/** Newest first, each once. Ids start anew when the server does, so the time counts first. */
function merged(some: readonly LogEvent[], others: readonly LogEvent[]): LogEvent[] {
  const all = new Map([...some, ...others].map((event) => [nameOf(event), event]));
  return [...all.values()].sort((a, b) => Date.parse(b.at) - Date.parse(a.at) || b.id - a.id);
}

const latest = (events: LogEvent[], hasOlder: boolean): Pick<DataState, 'events' | 'hasOlderEvents'> => ({
  events: events.slice(0, MOST_EVENTS),
  hasOlderEvents: hasOlder || events.length > MOST_EVENTS,
});
