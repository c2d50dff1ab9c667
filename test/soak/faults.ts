import type { Behaviour, SimulatorProcess } from '../simulator';

/** The faults of the simulated vendors, by the model that is called, so that the load chooses a fault per call. */
const FAULTS = {
  'soak-slow': { kind: 'slow', latencyMs: 60, firstChunkMs: 10, betweenChunksMs: 10 },
  'soak-hanging': { kind: 'hang' },
  'soak-stalling': { kind: 'stall', after: 2 },
  'soak-cut': { kind: 'cutOff', after: 2 },
  'soak-cut-early': { kind: 'cutOff' },
  'soak-reset': { kind: 'flaky', failureRate: 0.5, seed: 1, failure: { kind: 'reset' } },
  'soak-broken': { kind: 'flaky', failureRate: 0.7, seed: 2, failure: { kind: 'serverError' } },
  'soak-overloaded': { kind: 'flaky', failureRate: 0.7, seed: 3, failure: { kind: 'overloaded' } },
  'soak-malformed': { kind: 'malformed', as: 'invalid_json' },
  'soak-missing': { kind: 'modelUnavailable' },
  'soak-blocked': { kind: 'contentBlocked' },
  'soak-failing-stream': { kind: 'streamError', event: 'overloaded', after: 0 },
} satisfies Record<string, Behaviour>;

export type Model = keyof typeof FAULTS | 'soak-plain';

export const PROVIDERS = ['openai', 'anthropic', 'google'] as const;
export type Provider = (typeof PROVIDERS)[number];

/** Scripts the faults for every key of every vendor, before its other behaviour. */
export async function scriptFaults(simulator: SimulatorProcess): Promise<void> {
  const behaviours = Object.entries(FAULTS).map(([model, fault]): Behaviour => ({ ...fault, models: [model] }));
  for (const vendor of PROVIDERS) await simulator.control({ do: 'everywhere', vendor, behaviours });
}
