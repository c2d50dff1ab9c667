import { seededRandom } from '../../test/support/seeded-random';
import { classify } from '../../src/key-management/classification/classify';
import { runCall } from '../../src/key-management/execution/execution';
import type {
  ExecutionSettings,
  ProviderContext,
  RunOptions,
} from '../../src/key-management/execution/execution-settings';
import { booksOf, TokenEstimates } from '../../src/key-management/execution/tokens/token-estimates';
import { Pauses } from '../../src/key-management/execution/waiting/backoff';
import { InFlight } from '../../src/key-management/execution/waiting/in-flight';
import { RetryBudget } from '../../src/key-management/execution/waiting/retry-budget';
import { TimeLimits } from '../../src/key-management/execution/waiting/time-limits';
import { WaitQueue } from '../../src/key-management/execution/waiting/wait-queue';
import { ApiKey } from '../../src/key-management/pool/key/api-key';
import { HEALTHY } from '../../src/key-management/pool/key/key-state';
import { KeyPoolService } from '../../src/key-management/pool/key-pool.service';
import { KeyPersistence } from '../../src/key-management/store/keys/key-persistence';
import { KeyVault } from '../../src/key-management/store/keys/key-vault';
import { LimitShares } from '../../src/key-management/store/shares/limit-shares';
import { Instances } from '../../src/key-management/store/sync/instances';
import { StoreLink } from '../../src/key-management/store/sync/store-link';
import { openai } from '../../src/key-management/vendors/openai/openai';
import type { Vendor } from '../../src/key-management/vendors/contract/vendor';
import { UsageMeter } from '../../src/key-management/usage/usage-meter';
import { vendorOf } from '../../src/key-management/vendors/vendor-of';
import { rawKey } from './raw-key';
import type { AppCall, Instance, Situation } from './policy';
import { MachineClock } from './virtual-clock';
import type { VirtualStore, VirtualStoreMember } from './virtual-store';

const PROVIDER = 'openai';
const MODEL = 'gpt-5-mini';
const URL = 'http://vendor.invalid/v1/chat/completions';
const HOUR_MS = 3_600_000;
const CLOSE_MS = 5_000;

/** What ties an instance to the store. */
interface StoreTies {
  readonly member: VirtualStoreMember;
  readonly link: StoreLink;
  readonly instances: Instances;
  readonly shares: LimitShares;
}

/** One process of an app: pool, queue and executor, and on a shared store what ties them to it, as the module connects them. */
export class VirtualInstance implements Instance {
  readonly ready: Promise<void>;
  #isDead = false;
  readonly #clock: MachineClock;
  readonly #provider: ProviderContext;
  readonly #settings: ExecutionSettings;
  readonly #maxWaitMs: number;
  #store: StoreTies | undefined;

  constructor(
    readonly id: string,
    n: number,
    situation: Situation,
    store: VirtualStore | undefined,
  ) {
    const { scenario, clock: world } = situation;
    const random = seededRandom(Math.floor(situation.random() * 2 ** 32));
    const clock = (this.#clock = new MachineClock(world, (scenario.clocksApartMs ?? 0) * n));
    this.#maxWaitMs = scenario.maxWaitMs;
    const vendor: Vendor = { ...vendorOf(openai), ...(scenario.profileKind && { limitKind: scenario.profileKind }) };
    const pools = new KeyPoolService(clock, random);
    const pool = pools.ensurePool(PROVIDER);
    pool.accounts.profile = () => vendor;
    const limits = new TimeLimits(clock);
    const queue = new WaitQueue(pool, clock, limits);
    pools.observe({ keyFreed: () => queue.serve(), keyChanged: () => queue.review() });
    this.#provider = {
      pool,
      queue,
      budget: new RetryBudget(),
      pauses: new Pauses(clock),
      calls: new InFlight(clock),
      estimates: new TokenEstimates(() => booksOf(vendor)),
      meter: new UsageMeter(() => vendor, undefined),
      classifier: { classifyError: (error) => classify(error, vendor, 'evidence', clock.now()) },
    };
    this.#settings = {
      clock,
      random,
      limits,
      bodies: new Set(),
      estimatesOf: () => this.#provider.estimates,
      meterOf: () => this.#provider.meter,
      backoff: { initialMs: 500, maxMs: 8_000 },
      maxRetries: () => 3,
    };
    this.ready = this.#start(pools, situation, store);
  }

  async call({ tokens, estimatedTokens }: AppCall): Promise<boolean> {
    this.#provider.budget.called();
    const { estimates } = this.#provider;
    const options: RunOptions = {
      model: MODEL,
      maxWaitMs: this.#maxWaitMs,
      ...(estimatedTokens !== undefined && { estimatedTokens, tokens: estimates.stated(MODEL, estimatedTokens) }),
    };
    const result = await runCall({
      provider: this.#provider,
      options,
      settings: this.#settings,
      call: async ({ apiKey, fetch }) => {
        const headers = { authorization: `Bearer ${apiKey}`, 'x-instance': this.id, 'x-tokens': String(tokens) };
        const response = await fetch(URL, { method: 'POST', headers });
        if (response.ok) await response.json();
        return response;
      },
    });
    return result.success;
  }

  leave(): void {
    this.#provider.queue.close();
    if (this.#store) void sayGoodbye(this.#store);
  }

  /** Whether the process was killed: what it still does reaches nobody. */
  isDead(): boolean {
    return this.#isDead;
  }

  die(): void {
    this.#isDead = true;
    this.#clock.die();
    this.#store?.member.die();
  }

  async #start(pools: KeyPoolService, situation: Situation, store: VirtualStore | undefined): Promise<void> {
    if (store) await this.#connect(pools, store);
    const { limits } = situation.vendor;
    const { pool } = this.#provider;
    for (let key = 0; key < limits.keys; key += 1) {
      const settings = situation.scenario.declared ? { quotaGroup: limits.accountOf(key).name } : {};
      const record = pool.add(new ApiKey(rawKey(key)), settings, 'configuration', 'configuration');
      pool.setState(record, HEALTHY, 'probe');
    }
  }

  async #connect(pools: KeyPoolService, store: VirtualStore): Promise<void> {
    const clock = this.#clock;
    const member = store.member();
    const listener = { warn: () => undefined, info: () => undefined };
    const link = new StoreLink(member, this.id, clock, listener);
    const terms = { freshMs: () => HOUR_MS, now: () => clock.now(), listener };
    link.own(new KeyPersistence(pools, link, new KeyVault([]), terms));
    const instances = new Instances(link, this.id, clock);
    link.own(instances);
    const shares = new LimitShares(link, this.id, clock, instances);
    link.own(shares);
    pools.shareLimits((provider, accounts) => {
      shares.share(provider, accounts.parts);
    });
    this.#store = { member, link, instances, shares };
    instances.start();
    // A store that is away does not stop the start.
    await link.open().catch(() => undefined);
    shares.start();
  }
}

async function sayGoodbye({ link, instances, shares }: StoreTies): Promise<void> {
  await shares.stop();
  instances.stop();
  await link.close(CLOSE_MS);
}
