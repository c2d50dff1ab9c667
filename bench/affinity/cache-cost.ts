import { ApiKey } from '../../src/key-management/pool/key/api-key';
import { KeyPool } from '../../src/key-management/pool/key-pool';
import { FakeClock } from '../../test/support/fake-clock';
import { seededRandom } from '../../test/support/seeded-random';
import { benchKey } from '../lib/pool-app';

// How a vendor's prompt cache works, as OpenAI's and Anthropic's documentation has it: it belongs to the organization, it holds the longest prefix
// that was sent there, and it forgets what was not used for some minutes.

/** List prices of gpt-5 in USD for a million tokens of input. */
const USD_PER_MILLION = 1.25;
const CACHED_USD_PER_MILLION = 0.125;
const FORGOTTEN_AFTER_MS = 5 * 60_000;
/** Fewer tokens are not cached. */
const LEAST_CACHED = 1_024;

/** A conversation: the system prompt, which all have in common, and what each turn adds: a question and the answer to the one before. */
const SYSTEM_TOKENS = 1_500;
const TURN_TOKENS = 400;
const TURNS = 20;
const CONVERSATIONS = 400;
/** Between two turns. */
const LEAST_PAUSE_MS = 10_000;
const MOST_PAUSE_MS = 50_000;
/** Conversations begin within this time. */
const BEGIN_WITHIN_MS = 30 * 60_000;

const KEYS_EACH = 2;
/** One account cools down for this long in every such period: a tenth of the time. */
const COOLDOWN_MS = 30_000;
const PERIOD_MS = 300_000;

const SEEDS = [1, 2, 3];

export type Policy = 'affinity' | 'round robin';

/** The prompt cache of one organization. */
class PromptCache {
  readonly #prefixes = new Map<number, { tokens: number; usedAt: number }>();
  #systemUsedAt = -Infinity;

  /** What the input of a turn costs, in USD. */
  costOf(conversation: number, tokens: number, now: number): number {
    const known = this.#prefixes.get(conversation);
    const isWarm = known !== undefined && now - known.usedAt <= FORGOTTEN_AFTER_MS;
    const system = now - this.#systemUsedAt <= FORGOTTEN_AFTER_MS ? SYSTEM_TOKENS : 0;
    const prefix = Math.min(tokens, isWarm ? known.tokens : system);
    const cached = prefix >= LEAST_CACHED ? prefix : 0;
    this.#prefixes.set(conversation, { tokens, usedAt: now });
    this.#systemUsedAt = now;
    return (cached * CACHED_USD_PER_MILLION + (tokens - cached) * USD_PER_MILLION) / 1e6;
  }
}

interface Turn {
  readonly at: number;
  readonly conversation: number;
  readonly tokens: number;
}

/** All turns in the order of time; the same for every policy of one seed. */
function turnsOf(seed: number): Turn[] {
  const random = seededRandom(seed);
  const turns: Turn[] = [];
  for (let conversation = 0; conversation < CONVERSATIONS; conversation += 1) {
    let at = random() * BEGIN_WITHIN_MS;
    for (let turn = 1; turn <= TURNS; turn += 1) {
      turns.push({ at: Math.round(at), conversation, tokens: SYSTEM_TOKENS + turn * TURN_TOKENS });
      at += LEAST_PAUSE_MS + random() * (MOST_PAUSE_MS - LEAST_PAUSE_MS);
    }
  }
  return turns.sort((one, other) => one.at - other.at);
}

/** What the input of all turns costs with so many organizations, in USD. */
function costOf(policy: Policy, organizations: number, cools: boolean, seed: number): number {
  const clock = new FakeClock();
  const nothing = { keyChanged: () => undefined, keyFreed: () => undefined };
  const pool = new KeyPool('openai', nothing, clock, seededRandom(seed));
  const caches = new Map<string, PromptCache>();
  for (let n = 0; n < organizations * KEYS_EACH; n += 1) {
    const quotaGroup = `org-${n % organizations}`;
    const record = pool.add(new ApiKey(benchKey(n)), { quotaGroup }, 'configuration', 'configuration');
    pool.leaseForProbe(record).settle('ok');
    caches.set(quotaGroup, new PromptCache());
  }
  const [first] = pool.records();
  const begin = clock.now();
  let coolsAt = PERIOD_MS - COOLDOWN_MS;
  let usd = 0;
  for (const { at, conversation, tokens } of turnsOf(seed)) {
    clock.skip(begin + at - clock.now());
    for (; cools && coolsAt <= at; coolsAt += PERIOD_MS)
      if (coolsAt + COOLDOWN_MS > at)
        pool
          .leaseForProbe(first!)
          .settle({ outcome: 'rate_limited', retryAfterMs: coolsAt + COOLDOWN_MS - at, scope: 'key' });
    const affinity =
      policy === 'affinity' ? ({ kind: 'soft', id: `conversation-${conversation}` } as const) : undefined;
    const lease = pool.lease({ affinity })!;
    usd += caches.get(lease.account!)!.costOf(conversation, tokens, at);
    lease.settle('ok');
  }
  return usd;
}

/** The cost of input as a multiple of what one account costs that is always there; the worst of three seeds. */
export function costOfInput(policy: Policy, organizations: number, cools: boolean): number {
  return Math.max(
    ...SEEDS.map((seed) => costOf(policy, organizations, cools, seed) / costOf('affinity', 1, false, seed)),
  );
}
