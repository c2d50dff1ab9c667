import { RetryExecutorService, type CallContext } from '../../../src/key-management';
import type { Behaviour } from '../../simulator';
import type { CallTerms } from '../harness/calls';
import type { Findings } from '../harness/findings';
import { allGood } from '../harness/promises';
import type { Scenario } from '../harness/scenario';
import type { Stage } from '../harness/stage';

/** One key of several goes bad while its vendor is well. */
interface Experiment {
  readonly keys: number;
  readonly behaviour: Behaviour;
  readonly calls: number;
  readonly mostFailures: number;
  /** Requests to the bad key. */
  readonly most: number;
  readonly terms?: CallTerms;
}

const RESPONSE_503: Behaviour = {
  kind: 'answer',
  status: 503,
  headers: { 'content-type': 'application/json', 'retry-after': '5' },
  body: { error: { message: 'The server is overloaded.', type: 'server_error' } },
};

async function play(stage: Stage, findings: Findings, experiment: Experiment): Promise<void> {
  const { openai } = await stage.simulator();
  const keys = openai.newKeys(experiment.keys);
  const app = await stage.app(keys, { backoff: { initialMs: 500, maxMs: 8_000 } });
  openai.key(keys[0]!, experiment.behaviour);
  openai.calls.reset();
  const calls = app.calls({ ways: ['execute', 'fetch'], ...experiment.terms });
  await calls.make(experiment.calls, 1);
  const asked = openai.calls.of(keys[0]!).length;
  findings.inject(`request to a key that ${experiment.behaviour.kind === 'hang' ? 'hangs' : 'fails'}`, asked);
  findings.figure('calls answered', `${calls.good} of ${calls.ended.length}`);
  findings.atMost('failed calls', calls.failures.length, experiment.mostFailures);
  findings.atMost('requests to the bad key', asked, experiment.most);
  findings.atLeast('requests to the bad key', asked, 1);
  // Each failure costs one more request, and no more.
  findings.atMost('requests beyond one a call', openai.calls.total - experiment.calls, asked);
}

const scenario = (promised: string, experiment: Experiment): Scenario => ({
  promised,
  run: (stage, findings) => play(stage, findings, experiment),
});

export const badKeyOfTwo = scenario(
  'two keys, one answers 500 to everything: it is asked a few times, and no call is lost',
  {
    keys: 2,
    behaviour: { kind: 'status', status: 500 },
    calls: 200,
    mostFailures: 2,
    most: 12,
  },
);

export const badKeyOfFive = scenario(
  'five keys, one answers 500 to everything: it is asked a few times, and no call is lost',
  {
    keys: 5,
    behaviour: { kind: 'status', status: 500 },
    calls: 600,
    mostFailures: 1,
    most: 12,
  },
);

export const hangingKey = scenario(
  'five keys, one hangs: it costs its attempt’s limit a few times, and no call is lost',
  {
    keys: 5,
    behaviour: { kind: 'hang' },
    calls: 60,
    mostFailures: 1,
    most: 6,
    terms: { attemptTimeoutMs: 1_000 },
  },
);

export const keyAskedToWait: Scenario = {
  promised:
    'a key that is asked to wait is left alone for so long; no call waits with it, another key is asked in the same tick',
  async run(stage, findings) {
    await play(stage, findings, { keys: 5, behaviour: RESPONSE_503, calls: 60, mostFailures: 0, most: 3 });
  },
};

/** All of them at once: then it is the vendor. */
export const allAskedToWait: Scenario = {
  promised:
    'where a second key is asked to wait, no more requests are made in that time, however many calls come; all are answered afterwards',
  async run(stage, findings) {
    const { openai } = await stage.simulator();
    const keys = openai.newKeys(5);
    const app = await stage.app(keys);
    openai.outage(RESPONSE_503);
    const calls = app.calls({ ways: ['execute', 'fetch'] });
    const flow = calls.flow(4_000, 10);
    await new Promise((resolve) => setTimeout(resolve, 4_300));
    findings.inject('request answered by 503 with retry-after', openai.calls.total);
    findings.atMost('requests inside the stated wait', openai.calls.total, 5);
    openai.outage(undefined);
    await flow;
    allGood(findings, calls);
  },
};

/** Every key fails now and then: no pause before another is asked. */
export const firstRetry: Scenario = {
  promised: 'the first retry with an untried key starts in the same tick as the failure',
  async run(stage, findings) {
    const { openai } = await stage.simulator();
    const keys = openai.newKeys(5);
    const app = await stage.app(keys, { backoff: { initialMs: 500, maxMs: 8_000 } });
    const steps: Behaviour[] = [{ kind: 'status', status: 500 }, ...Array<Behaviour>(7).fill({ kind: 'valid' })];
    for (const key of keys) openai.key(key, { kind: 'sequence', steps, loop: true });
    const executor = app.app.get(RetryExecutorService);
    const call = ({ apiKey, fetch }: CallContext) =>
      fetch(`${app.baseUrl}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'gpt-5-nano', messages: [{ role: 'user', content: 'Hello' }] }),
      }).then(async (response) => (response.ok ? response.json() : response));
    let [retries, paused] = [0, 0];
    for (let n = 0; n < 80; n += 1) {
      const { attempts } = await executor.execute('openai', call);
      const second = attempts[1];
      if (!second) continue;
      retries += 1;
      if (second.waitedMs > 0) paused += 1;
    }
    findings.inject('call whose first attempt failed', retries);
    findings.atLeast('first retries', retries, 5);
    findings.atMost('first retries that paused', paused, 0);
  },
};
