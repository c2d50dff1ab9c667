import { keyIdOf } from '../../src/key-management';
import { fakeKey, type Behaviour, type SimulatorProcess } from '../simulator';
import type { AdminClient } from './admin-client';
import { PROVIDERS, type Provider } from './faults';
import { Repeated } from './repeated';

const EVERY_MS = 150;
/** Keys that come and go beside the steady ones. Each is new to the app, so that what it keeps of deleted ones would pile up. */
const MOST = 24;

interface ChurnedKey {
  readonly provider: Provider;
  readonly key: string;
  readonly path: string;
}

const FATES: readonly (Behaviour | undefined)[] = [
  undefined,
  undefined,
  { kind: 'invalid' },
  { kind: 'exhausted' },
  { kind: 'rateLimited', requestsPerMinute: 60 },
  { kind: 'alwaysRateLimited', retryAfterMs: 2_000 },
  { kind: 'permissionDenied' },
];

/** Plays administrators: adds, removes, disables, enables and checks keys, while vendors revoke and restore some. */
export class KeyChurn {
  readonly acts = new Map<string, number>();
  readonly #keys: ChurnedKey[] = [];
  #made = 1_000;
  readonly #work = new Repeated(EVERY_MS, () => this.#act());

  constructor(
    private readonly admin: AdminClient,
    private readonly simulator: SimulatorProcess,
    private readonly random: () => number,
  ) {}

  start(): void {
    this.#work.start();
  }

  stop(): Promise<void> {
    return this.#work.stop();
  }

  async #act(): Promise<void> {
    if (this.#keys.length < MOST && this.random() < 0.6) return this.#add();
    const at = Math.floor(this.random() * this.#keys.length);
    const key = this.#keys[at];
    if (!key) return this.#add();
    const drawn = this.random();
    if (drawn < 0.4) {
      this.#keys.splice(at, 1);
      await this.#say('remove', 'DELETE', key.path, undefined, [204]);
      // The vendor forgets it too: what is checked after that is invalid.
      await this.simulator.control({
        do: 'key',
        vendor: key.provider,
        key: key.key,
        behaviours: [{ kind: 'invalid' }],
      });
    } else if (drawn < 0.5) await this.#say('disable', 'PATCH', key.path, { enabled: false });
    else if (drawn < 0.6) await this.#say('enable', 'PATCH', key.path, { enabled: true });
    else if (drawn < 0.65) await this.#say('check', 'POST', `${key.path}/check`, undefined, [200, 409]);
    else if (drawn < 0.7) await this.#say('change', 'PATCH', key.path, { label: `team-${at}`, weight: 1 + at });
    else if (drawn < 0.72) await this.#say('health check', 'POST', '/admin/health-checks', { provider: key.provider });
    else if (drawn < 0.74) await this.#say('configure', 'PATCH', '/admin/configuration', { max_retries: 2 + (at % 3) });
    else await this.#turn(key);
  }

  async #add(): Promise<void> {
    const provider = this.#draw(PROVIDERS);
    const key = fakeKey(provider, (this.#made += 1));
    const path = `/admin/providers/${provider}/keys`;
    await this.#script(provider, key);
    const { text } = await this.#say('add', 'POST', path, { keys: [{ key, label: 'soak' }] });
    if (text.includes('"verdict":"added"')) this.#keys.push({ provider, key, path: `${path}/${keyIdOf(key)}` });
  }

  /** Changes how the vendor treats a key. */
  async #turn({ provider, key }: ChurnedKey): Promise<void> {
    await this.#script(provider, key);
    this.#count('turn');
  }

  async #script(vendor: Provider, key: string): Promise<void> {
    const fate = this.#draw(FATES);
    await this.simulator.control({ do: 'key', vendor, key, behaviours: fate ? [fate] : [] });
  }

  #draw<T>(from: readonly T[]): T {
    return from[Math.floor(this.random() * from.length)]!;
  }

  #say(name: string, ...request: Parameters<AdminClient['send']>): ReturnType<AdminClient['send']> {
    this.#count(name);
    return this.admin.send(...request);
  }

  #count(name: string): void {
    this.acts.set(name, (this.acts.get(name) ?? 0) + 1);
  }
}
