import { ApiError, messageOf } from '../api/api-error';
import type { Client } from '../api/client';
import { noteVendors } from '../model/provider-names';
import type { Data } from './data';
import { chosenWindow } from './view';

/** More keys than this are fetched as a list. */
const MOST_SINGLE_FETCHES = 10;
const GATHER_MS = 400;
/** Of the log; what happened to many keys is one line of it in the page. */
const MOST_EVENTS = 300;
/** A burst that never ends must not make us load lists without end. */
const LIST_PAUSE_MS = 3_000;

/** Brings what the server has into `Data`. */
export class Fetching {
  readonly #unsure = new Map<string, Set<string>>();
  readonly #listsUnderway = new Map<string, Promise<void>>();
  #gathering: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly client: Client,
    private readonly data: Data,
  ) {}

  /** Rejects when the server cannot be asked; then what is shown is old. */
  async figures(): Promise<void> {
    await this.#noting(async () => {
      const figures = await this.client.figures(chosenWindow.value);
      noteVendors(Object.fromEntries(Object.entries(figures.providers).map(([name, { vendor }]) => [name, vendor])));
      this.data.state.patch({ figures, updatedAt: Date.now(), problem: undefined });
    });
  }

  async everything(): Promise<void> {
    await this.#noting(async () => {
      await Promise.all([this.figures().then(() => this.keys()), this.events()]);
    });
  }

  async keys(): Promise<void> {
    const providers = Object.keys(this.data.state.value.figures?.providers ?? {});
    const totals = Object.values(this.data.state.value.figures?.providers ?? {});
    this.data.state.patch({ keysExpected: totals.reduce((sum, { summary }) => sum + summary.total_keys, 0) });
    this.data.keys.keepOnlyProviders(new Set(providers));
    await Promise.all(providers.map((provider) => this.list(provider)));
    this.data.state.patch({ keysPhase: 'ready' });
    this.data.keysChanged();
  }

  /** All keys of one provider; asked for twice at once, it is done once. */
  list(provider: string): Promise<void> {
    const underway = this.#listsUnderway.get(provider);
    if (underway) return underway;
    const loading = this.#load(provider).finally(() => this.#listsUnderway.delete(provider));
    this.#listsUnderway.set(provider, loading);
    return loading;
  }

  async events(): Promise<void> {
    const since = Date.now() - 10_000;
    this.data.replaceEvents(await this.client.events(MOST_EVENTS), since);
  }

  /** Something about the key changed that we do not know: it is fetched soon, together with others. */
  unsureOf(provider: string, id: string): void {
    const ids = this.#unsure.get(provider) ?? new Set();
    this.#unsure.set(provider, ids.add(id));
    if (this.#gathering === undefined) this.#gathering = setTimeout(() => void this.#settleUnsure(), GATHER_MS);
  }

  async #load(provider: string): Promise<void> {
    const seen = new Set<string>();
    for await (const page of this.client.keyPages(provider)) {
      for (const { id } of page.keys) seen.add(id);
      this.data.putKeys(page.keys);
    }
    this.data.keys.keepOnly(provider, seen);
    this.data.keysChanged();
  }

  async #settleUnsure(): Promise<void> {
    const unsure = [...this.#unsure];
    this.#unsure.clear();
    const many = unsure.some(([, ids]) => ids.size > MOST_SINGLE_FETCHES);
    await Promise.allSettled(
      unsure.flatMap(([provider, ids]) =>
        ids.size > MOST_SINGLE_FETCHES ? [this.list(provider)] : [...ids].map((id) => this.#one(provider, id)),
      ),
    );
    if (many) await new Promise((resolve) => setTimeout(resolve, LIST_PAUSE_MS));
    this.#gathering = undefined;
    if (this.#unsure.size > 0) this.#gathering = setTimeout(() => void this.#settleUnsure(), GATHER_MS);
  }

  async #one(provider: string, id: string): Promise<void> {
    try {
      this.data.putKeys([await this.client.key(provider, id)]);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) this.data.deleteKey(provider, id);
    }
  }

  async #noting(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.data.state.patch({ problem: messageOf(error) });
      throw error;
    }
  }
}
