import { PATIENT_MS, type Http } from './http';
import type { BulkAction } from '../model/bulk';
import type { KeyChanges } from '../model/key-form';
import type {
  AddedKeys,
  BulkResult,
  CheckedKey,
  Configuration,
  EventPage,
  FailedCallPage,
  Figures,
  HealthCheckReport,
  KeyDetails,
  KeyEntry,
  KeyPage,
  ModelUsage,
  ProviderStanding,
  Resolution,
  Session,
  Timeline,
  WindowName,
} from './types';

const PAGE_SIZE = 500;

const providerPath = (provider: string): string => `admin/providers/${encodeURIComponent(provider)}`;
const keysPath = (provider: string): string => `${providerPath(provider)}/keys`;
const keyPath = (provider: string, id: string): string => `${keysPath(provider)}/${encodeURIComponent(id)}`;

/** The API by name. `place` is where the page itself stands in it. */
export class Client {
  constructor(
    readonly http: Http,
    private readonly place = 'dashboard',
  ) {}

  session(): Promise<Session> {
    return this.http.json(`${this.place}/session`);
  }

  figures(window: WindowName): Promise<Figures> {
    return this.http.json(`${this.place}/figures?window=${window}`);
  }

  /** Page by page, so that thousands of keys show as they come. */
  async *keyPages(provider: string): AsyncGenerator<KeyPage> {
    let cursor: string | null = null;
    do {
      const query = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page: KeyPage = await this.http.json<KeyPage>(`${keysPath(provider)}?limit=${PAGE_SIZE}${query}`);
      yield page;
      cursor = page.next_cursor;
    } while (cursor !== null);
  }

  key(provider: string, id: string): Promise<KeyEntry> {
    return this.http.json(keyPath(provider, id));
  }

  keyDetails(provider: string, id: string): Promise<KeyDetails> {
    return this.http.json(keyPath(provider, id));
  }

  keyTimeline(provider: string, id: string, resolution: Resolution): Promise<Timeline> {
    const key = `analytics/${encodeURIComponent(provider)}/keys/${encodeURIComponent(id)}`;
    return this.http.json(`${key}/timeline?resolution=${resolution}`);
  }

  /** What answered calls used, of all instances and of all time. */
  async usageByModel(provider: string): Promise<readonly ModelUsage[]> {
    // With as few keys as the answer may have.
    const path = `analytics/${encodeURIComponent(provider)}?limit=1`;
    const { summary } = await this.http.json<{ summary: { usage_by_model: ModelUsage[] } }>(path);
    return summary.usage_by_model;
  }

  keyEvents(provider: string, id: string, limit: number): Promise<EventPage> {
    const key = `provider=${encodeURIComponent(provider)}&key_id=${encodeURIComponent(id)}`;
    return this.http.json(`admin/events?${key}&limit=${limit}`);
  }

  updateKey(provider: string, id: string, changes: KeyChanges): Promise<KeyEntry> {
    return this.http.json(keyPath(provider, id), { method: 'PATCH', body: changes });
  }

  bulk(provider: string, action: BulkAction, ids: readonly string[], signal: AbortSignal): Promise<BulkResult> {
    const body = { action, ids };
    return this.http.json(`${keysPath(provider)}/bulk`, { method: 'POST', body, signal, timeoutMs: PATIENT_MS });
  }

  /** @param query Of `provider` and `outcome`, those that are given. */
  failedCalls(limit: number, query: { provider?: string; outcome?: string }): Promise<FailedCallPage> {
    return this.http.json(`admin/failed-calls?${new URLSearchParams({ limit: String(limit), ...query }).toString()}`);
  }

  addKeys(
    provider: string,
    keys: readonly { key: string; label?: string; id?: string }[],
    signal: AbortSignal,
  ): Promise<AddedKeys> {
    return this.http.json(keysPath(provider), { method: 'POST', body: { keys }, signal, timeoutMs: PATIENT_MS });
  }

  setEnabled(provider: string, id: string, enabled: boolean): Promise<KeyEntry> {
    return this.http.json(keyPath(provider, id), { method: 'PATCH', body: { enabled } });
  }

  deleteKey(provider: string, id: string): Promise<void> {
    return this.http.json(keyPath(provider, id), { method: 'DELETE' });
  }

  checkKey(provider: string, id: string): Promise<CheckedKey> {
    return this.http.json(`${keyPath(provider, id)}/check`, { method: 'POST', timeoutMs: PATIENT_MS });
  }

  checkAll(provider?: string): Promise<HealthCheckReport> {
    const body = provider === undefined ? {} : { provider };
    return this.http.json('admin/health-checks', { method: 'POST', body, timeoutMs: PATIENT_MS });
  }

  /** @param until ISO 8601; left out: until it is resumed. */
  pause(provider: string, until?: string): Promise<ProviderStanding> {
    const body = until === undefined ? {} : { until };
    return this.http.json(`${providerPath(provider)}/pause`, { method: 'POST', body });
  }

  resume(provider: string): Promise<ProviderStanding> {
    return this.http.json(`${providerPath(provider)}/resume`, { method: 'POST' });
  }

  configuration(): Promise<Configuration> {
    return this.http.json('admin/configuration');
  }

  updateConfiguration(changes: Partial<Configuration>): Promise<Configuration> {
    return this.http.json('admin/configuration', { method: 'PATCH', body: changes });
  }

  events(limit: number): Promise<EventPage> {
    return this.http.json(`admin/events?limit=${limit}`);
  }
}
