import type { KeyEntry, ProviderFigures } from '../../src/key-management/dashboard/ui/api/types';
import { chance, sampleFigures, sampleKey } from './sample-data';
import type { SampleServer } from './sample-server';

/** What the page may meet, with made-up data: for screenshots, for axe, and for what is hard to bring about with a real app. */
export interface Situation {
  /** Keys by provider. */
  readonly keys: Record<string, number>;
  arrange(server: SampleServer): void;
}

const MINUTE_MS = 60_000;
const iso = (ms: number): string => new Date(Date.now() + ms).toISOString();

/** Every key of the provider becomes one of this status. */
function allKeys(server: SampleServer, provider: string, changes: Partial<KeyEntry>): void {
  for (const key of server.keys.values()) {
    if (key.provider === provider) server.keys.set(key.id, { ...key, ...HEALTHY, ...changes });
  }
}

const HEALTHY: Partial<KeyEntry> = {
  status: 'healthy',
  enabled: true,
  reason: null,
  cooldown_until: null,
  cooldowns: [],
  recheck_at: null,
};

function well(server: SampleServer): void {
  for (const provider of Object.keys(server.figures)) allKeys(server, provider, {});
  const [first] = server.keys.values();
  server.events = server.events.filter(({ type }) => type === 'admin_action' || first === undefined);
}

function figures(server: SampleServer, provider: string, changes: Partial<ProviderFigures>): void {
  server.figures[provider] = { ...server.figures[provider]!, ...changes };
}

/** All calls of the last minutes failed. */
function failedFor(server: SampleServer, provider: string, minutes: number): Partial<ProviderFigures> {
  const { timeline, window, models } = server.figures[provider]!;
  const since = Date.now() - minutes * MINUTE_MS;
  const shown = timeline.map((entry) =>
    Date.parse(entry.at) < since ? entry : { ...entry, failures: entry.requests, average_response_time: null },
  );
  const failures = shown.reduce((sum, entry) => sum + entry.failures, 0);
  const success_rate = Math.round((1 - failures / window.calls) * 1_000) / 10;
  return {
    timeline: shown,
    window: { ...window, failures, success_rate, refused: Math.round(failures * 0.6) },
    models: models.map((model) => ({ ...model, failures: Math.round(model.calls * 0.2), success_rate: 80 })),
    state_since: iso(-minutes * MINUTE_MS),
    in_flight: 0,
  };
}

const outage = (server: SampleServer, provider: string): void =>
  figures(server, provider, {
    ...failedFor(server, provider, 12),
    state: 'failing',
    held_back: true,
    state_until: iso(24_000),
    judged: { calls: 214, failures: 214 },
    failure_reasons: [
      {
        reason: 'server_error: The server had an error while processing your request',
        status: 500,
        outcome: 'server_error',
        calls: 17,
      },
      { reason: 'connect ETIMEDOUT', status: null, outcome: 'timeout', calls: 3 },
    ],
  });

const QUOTA = 'insufficient_quota: You exceeded your current quota, please check your plan and billing details.';

function outOfQuota(server: SampleServer, provider: string): void {
  const recheck = iso(23 * MINUTE_MS);
  allKeys(server, provider, { status: 'quota_exceeded', reason: QUOTA, recheck_at: recheck, in_flight: 0 });
  figures(server, provider, {
    ...failedFor(server, provider, 9),
    state: 'no_usable_key',
    state_until: recheck,
    unserved_models: [{ model: null, until: recheck, ends: 'recheck' }],
  });
}

function cooledDownFor(server: SampleServer, provider: string, model: string): void {
  const until = iso(7 * MINUTE_MS);
  allKeys(server, provider, { cooldowns: [{ model, until, outcome: 'rate_limited' }], in_flight: 0 });
  figures(server, provider, {
    ...failedFor(server, provider, 4),
    state: 'no_usable_key',
    state_until: until,
    unserved_models: [{ model, until, ends: 'cooldown' }],
    models: [{ model, calls: 388, failures: 96, refused: 90, success_rate: 75.3 }],
    waiting: 14,
  });
}

function keyless(server: SampleServer, provider: string): void {
  const now = Date.now();
  server.figures[provider] = {
    ...sampleFigures([], chance(3), now, true),
    vendor: { name: provider, label: 'Mistral' },
    state: 'no_usable_key',
    state_since: iso(-3 * MINUTE_MS),
    called: true,
    judged: { calls: 31, failures: 31 },
    unserved_models: [{ model: 'mistral-large', until: null, ends: null }],
    window: {
      ...sampleFigures([], chance(3), now, true).window,
      calls: 30,
      failures: 30,
      refused: 30,
      success_rate: 0,
    },
    timeline: sampleFigures([], chance(3), now, false)
      .timeline.slice(-4)
      .map((entry, at) => ({
        ...entry,
        requests: 6 + at,
        failures: 6 + at,
        rate_limited: 0,
        average_response_time: null,
      })),
  };
}

function paused(server: SampleServer, provider: string): void {
  figures(server, provider, { ...failedFor(server, provider, 2), state: 'paused', state_until: iso(28 * MINUTE_MS) });
}

function storeAway(server: SampleServer): void {
  const since = iso(-6 * MINUTE_MS);
  server.storeAwaySince = since;
  const state_reason =
    'The redis store is away, so other instances do not hear of changes, and a restart now would forget them.';
  for (const provider of Object.keys(server.figures))
    figures(server, provider, { state: 'degraded', state_reason, state_since: since });
}

const THREE = { openai: 24, anthropic: 14, google: 9 };
const TWELVE = {
  ...THREE,
  mistral: 6,
  groq: 8,
  deepseek: 5,
  cohere: 4,
  together: 7,
  fireworks: 3,
  cerebras: 3,
  xai: 4,
  voyage: 2,
};

export const SITUATIONS = {
  'all-well': { keys: THREE, arrange: well },
  'total-outage': {
    keys: THREE,
    arrange: (server) => {
      well(server);
      for (const provider of Object.keys(THREE)) outage(server, provider);
    },
  },
  'out-of-quota': {
    keys: THREE,
    arrange: (server) => {
      well(server);
      outOfQuota(server, 'anthropic');
    },
  },
  'model-cooldown': {
    keys: THREE,
    arrange: (server) => {
      well(server);
      cooledDownFor(server, 'openai', 'gpt-5');
    },
  },
  'no-keys': {
    keys: THREE,
    arrange: (server) => {
      well(server);
      keyless(server, 'mistral');
    },
  },
  'store-away': {
    keys: THREE,
    arrange: (server) => {
      well(server);
      storeAway(server);
    },
  },
  'twelve-providers': {
    keys: TWELVE,
    arrange: (server) => {
      well(server);
      outage(server, 'groq');
      outOfQuota(server, 'voyage');
      cooledDownFor(server, 'xai', 'grok-4');
      paused(server, 'cohere');
      const [first] = server.keys.values();
      server.keys.set(first!.id, sampleKey('openai', chance(5), Date.now(), 'invalid_key'));
    },
  },
} as const satisfies Readonly<Record<string, Situation>>;
export type SituationName = keyof typeof SITUATIONS;
