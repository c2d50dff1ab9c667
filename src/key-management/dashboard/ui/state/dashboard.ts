import type { Client } from '../api/client';
import type { Session } from '../api/types';
import { Actions } from './actions';
import { Data } from './data';
import { Fetching } from './fetching';
import { Live } from './live';
import { chosenWindow } from './view';

const FIGURES_MS = 5_000;
const FALLBACK_MS = 15_000;
const KEYS_MS = 15_000;
/** A list of 10,000 keys is some megabytes: the more keys, the rarer, with changes of state coming live between. */
const MS_PER_KEY = 20;
const RARELY_MS = 120_000;

/** One signed-in session: its data, the live stream, and what keeps the figures fresh. */
export class Dashboard {
  readonly data = new Data();
  readonly live: Live;
  readonly actions: Actions;
  readonly #fetching: Fetching;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #keysAt = 0;
  #stopped = false;
  #unsubscribe: (() => void) | undefined;

  constructor(
    readonly client: Client,
    readonly session: Session,
  ) {
    this.#fetching = new Fetching(client, this.data);
    this.actions = new Actions(client, this.data, () => void this.refresh());
    this.live = new Live(client.http, {
      opened: () => void this.refresh(),
      lost: () => this.#again(0),
      event: (event) => {
        if (this.data.applyEvent(event)) this.#fetching.unsureOf(event.provider!, event.key_id!);
        if (event.type.startsWith('provider_')) this.#again(0);
        // It says nothing of single keys.
        if (event.type === 'keys_changed') void this.refresh();
      },
    });
  }

  start(): void {
    this.live.start();
    this.#unsubscribe = chosenWindow.subscribe(() => this.#again(0));
    document.addEventListener('visibilitychange', this.#visibility);
    void this.refresh();
  }

  stop(): void {
    this.#stopped = true;
    this.#unsubscribe?.();
    clearTimeout(this.#timer);
    document.removeEventListener('visibilitychange', this.#visibility);
    this.live.stop();
  }

  /** Everything, now. Problems are shown in the page, so this never rejects. */
  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    this.#keysAt = Date.now();
    await this.#fetching.everything().catch(() => undefined);
    this.#again();
  }

  readonly #visibility = (): void => {
    if (!document.hidden) this.#again(0);
  };

  #again(pause = this.live.state.value.phase === 'live' ? FIGURES_MS : FALLBACK_MS): void {
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#tick(), pause);
  }

  async #tick(): Promise<void> {
    if (!document.hidden) await this.#freshen().catch(() => undefined);
    this.#again();
  }

  async #freshen(): Promise<void> {
    const keysDue = this.#keysAt + Math.min(RARELY_MS, Math.max(KEYS_MS, this.data.keys.size * MS_PER_KEY));
    await this.#fetching.figures();
    this.#askAboutEnded();
    const live = this.live.state.value.phase === 'live';
    if (!live) await this.#fetching.events();
    if (Date.now() < keysDue - 500) return;
    this.#keysAt = Date.now();
    await this.#fetching.keys();
  }

  /** A cooldown ends without an event. */
  #askAboutEnded(): void {
    const now = Date.now();
    for (const { provider, id, cooldown_until } of this.data.keys.values()) {
      if (cooldown_until !== null && Date.parse(cooldown_until) < now) this.#fetching.unsureOf(provider, id);
    }
  }
}
