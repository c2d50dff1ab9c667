import { ApiError, messageOf } from '../api/api-error';
import type { Client } from '../api/client';
import type { Configuration, KeyEntry } from '../api/types';
import type { KeyChanges } from '../model/key-form';
import { counted, duration, words } from '../model/format';
import { providerName } from '../model/provider-names';
import { serverNow } from '../model/server-time';
import { STATUSES } from '../model/status';
import type { Data } from './data';
import { tableKey } from './key-table';
import { Store } from './store';
import { toast } from './toasts';

const ALL = '*';

/** What an administrator can do. Each says how it went; none rejects, except where a form shows the problem itself. */
export class Actions {
  /** Keys and providers with an action underway; `*` is all providers. */
  readonly busy = new Store<ReadonlySet<string>>(new Set());

  constructor(
    private readonly client: Client,
    private readonly data: Data,
    private readonly refresh: () => void,
  ) {}

  check(key: KeyEntry): Promise<void> {
    return this.#forKey(key, async () => {
      const { outcome, reason, key: checked } = await this.client.checkKey(key.provider, key.id);
      this.data.putKeys([checked]);
      const good = outcome === 'ok';
      const why = good ? 'works' : (reason ?? words(outcome));
      toast(good ? 'good' : 'bad', `${key.masked_key}: ${why} (${STATUSES[checked.status].label.toLowerCase()}).`);
    });
  }

  setEnabled(key: KeyEntry, enabled: boolean): Promise<void> {
    return this.#forKey(key, async () => {
      this.data.putKeys([await this.client.setEnabled(key.provider, key.id, enabled)]);
      toast('good', `${key.masked_key} is ${enabled ? 'enabled' : 'disabled'}.`);
    });
  }

  /** Rejects: the form shows why. */
  async update(key: KeyEntry, changes: KeyChanges): Promise<void> {
    try {
      this.data.putKeys([await this.client.updateKey(key.provider, key.id, changes)]);
    } catch (error) {
      if (!(error instanceof ApiError) || !error.notKept) throw error;
      // The change is in force all the same.
      await this.#showAgain(key);
      toast('bad', error.message);
      return;
    }
    toast('good', `${key.masked_key} is changed.`);
  }

  delete(key: KeyEntry): Promise<void> {
    return this.#forKey(key, async () => {
      await this.client.deleteKey(key.provider, key.id);
      this.data.deleteKey(key.provider, key.id);
      toast('good', `${key.masked_key} is deleted.`);
      this.refresh();
    });
  }

  checkAll(provider?: string): Promise<void> {
    return this.#during(provider ?? ALL, async () => {
      const report = await this.client.checkAll(provider);
      const of = provider === undefined ? '' : ` of ${providerName(provider)}`;
      const removed = report.removed_keys > 0 ? `, ${report.removed_keys} removed` : '';
      toast(
        report.removed_keys > 0 ? 'bad' : 'good',
        `Checked ${counted(report.checked_keys, 'key')}${of} in ${duration(report.duration)}: ${report.healthy_keys} healthy${removed}.`,
      );
      this.refresh();
    });
  }

  /** @param forMs How long, milliseconds; left out: until it is resumed. */
  pause(provider: string, forMs?: number): Promise<void> {
    return this.#during(provider, async () => {
      // By the server's clock, which this machine's may differ from.
      const until = forMs === undefined ? undefined : new Date(serverNow() + forMs).toISOString();
      const { persistence } = await this.client.pause(provider, until);
      const lost = persistence === 'memory_only' ? ' A restart ends the pause.' : '';
      toast('good', `${providerName(provider)} is paused.${lost}`);
      this.refresh();
    });
  }

  resume(provider: string): Promise<void> {
    return this.#during(provider, async () => {
      await this.client.resume(provider);
      toast('good', `${providerName(provider)} serves calls again.`);
      this.refresh();
    });
  }

  /** Rejects: the form shows why. */
  async configure(changes: Partial<Configuration>): Promise<void> {
    await this.client.updateConfiguration(changes);
    toast('good', 'The configuration is saved and in force.');
    this.refresh();
  }

  /** After keys were added, or many changed, by a dialog. */
  keysChanged(): void {
    this.refresh();
  }

  #forKey(key: KeyEntry, work: () => Promise<void>): Promise<void> {
    return this.#during(tableKey(key.provider, key.id), async () => {
      try {
        await work();
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) this.data.deleteKey(key.provider, key.id);
        // The change is in force all the same.
        if (error instanceof ApiError && error.notKept) await this.#showAgain(key);
        throw error;
      }
    });
  }

  /** The key as it stands now: changed, or gone. */
  async #showAgain({ provider, id }: KeyEntry): Promise<void> {
    try {
      this.data.putKeys([await this.client.key(provider, id)]);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) this.data.deleteKey(provider, id);
    }
    this.refresh();
  }

  async #during(name: string, work: () => Promise<void>): Promise<void> {
    if (this.busy.value.has(name)) return;
    this.busy.set(new Set([...this.busy.value, name]));
    try {
      await work();
    } catch (error) {
      toast('bad', messageOf(error));
    } finally {
      this.busy.set(new Set([...this.busy.value].filter((each) => each !== name)));
    }
  }
}

export const isBusy = (busy: ReadonlySet<string>, provider?: string): boolean =>
  busy.has(ALL) || (provider !== undefined && busy.has(provider));
