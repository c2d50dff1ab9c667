import { SseClient } from '../events/sse-client';
import { VIEWER, type AdminClient } from './admin-client';
import { Repeated } from './repeated';

const EVERY_MS = 200;
const MOST_READERS = 4;
const PATHS: readonly (readonly [path: string, ...expected: number[]])[] = [
  ['/health/keys', 200],
  ['/metrics', 200],
  ['/dashboard/figures', 200],
  ['/dashboard/figures?window=30d', 200],
  ['/dashboard/session', 200],
  // 503 where the page was not built.
  ['/dashboard', 200, 503],
  ['/analytics/openai', 200],
  ['/analytics/anthropic/timeline', 200],
  ['/admin/providers/google/keys?limit=5', 200],
  ['/admin/events?limit=20', 200],
  ['/health', 200, 503],
  ['/docs-json', 200],
  ['/no/such/route', 404],
];

/** Dashboards, scrapers and readers of the live stream, which come and go. */
export class Onlookers {
  streams = 0;
  /** Readers that never got a stream. */
  refused = 0;
  #readers: SseClient[] = [];
  #lastId: string | undefined;
  #turn = 0;
  readonly #work = new Repeated(EVERY_MS, () => this.#look());

  constructor(
    private readonly url: string,
    private readonly admin: AdminClient,
    private readonly random: () => number,
  ) {}

  start(): void {
    this.#turn = 0;
    this.#work.start();
  }

  async stop(): Promise<void> {
    await this.#work.stop();
    for (const reader of this.#readers.splice(0)) this.#close(reader);
  }

  /** Opens readers that stay connected while the app shuts down. */
  async stay(count: number): Promise<void> {
    for (let n = 0; n < count; n += 1) await this.#open();
  }

  async #look(): Promise<void> {
    const [path, ...expected] = PATHS[this.#turn % PATHS.length]!;
    this.#turn += 1;
    await this.admin.send('GET', path, undefined, expected);
    if (this.random() < 0.4) await this.#open();
    if (this.#readers.length > MOST_READERS) this.#close(this.#readers.shift()!);
  }

  #close(reader: SseClient): void {
    this.#lastId = reader.lastId ?? this.#lastId;
    reader.close();
  }

  /** Every fourth reader receives the headers and then reads nothing. */
  async #open(): Promise<void> {
    // Some reconnect and ask for the events they missed.
    const missed = this.random() < 0.5 ? this.#lastId : undefined;
    const headers = { authorization: `Bearer ${VIEWER}`, ...(missed !== undefined && { 'last-event-id': missed }) };
    const reader = await SseClient.open(`${this.url}/admin/events/stream`, headers, this.random() < 0.25).catch(
      () => undefined,
    );
    if (reader?.response.statusCode !== 200) this.refused += 1;
    if (!reader) return;
    this.streams += 1;
    this.#readers.push(reader);
  }
}
