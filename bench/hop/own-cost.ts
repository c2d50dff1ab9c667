import { ManagedFetchService } from '../../src/key-management';
import { fill, startApp } from '../lib/pool-app';
import { spread, type Spread } from '../lib/statistics';

const KEYS = 10;
const ROUNDS = 15;
const CALLS = 2_000;
const BASE_URL = 'http://127.0.0.1:9';
const ANSWER = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'gpt-4o-mini',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello! How can I help?' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 9, completion_tokens: 8, total_tokens: 17 },
});

/** What the managed fetch adds to a call, without a network: processor time, the middle half of the rounds. */
export interface OwnCost {
  /** Microseconds of a call of the global fetch, which is stubbed, and the reading of its answer. */
  readonly stub: Spread;
  /** Microseconds that the managed fetch adds. */
  readonly added: Spread;
  /** The second as a part of the first, in the same round. */
  readonly ratio: Spread;
}

/** Measures with the global fetch in the place of a network: it makes the request and gives an answer, and nothing is sent. */
export async function measureOwnCost(): Promise<OwnCost> {
  const usual = globalThis.fetch;
  const headers = { 'content-type': 'application/json', 'content-length': String(ANSWER.length) };
  // As the global fetch does, it makes a request of what it is given, with its signal.
  const stub: typeof globalThis.fetch = (input, init) => {
    const { method } = new Request(input, init);
    return Promise.resolve(new Response(method === 'POST' ? ANSWER : null, { headers }));
  };
  globalThis.fetch = stub;
  const app = await startApp({ providers: { openai: { keys: [], baseUrl: BASE_URL } } });
  try {
    fill(app, 'openai', KEYS);
    const managed = app.get(ManagedFetchService).for('openai');
    for (const each of [stub, managed]) await microseconds(each);
    const rounds: { stub: number; managed: number }[] = [];
    for (let n = 0; n < ROUNDS; n += 1)
      rounds.push({ stub: await microseconds(stub), managed: await microseconds(managed) });
    return {
      stub: spread(rounds.map((each) => each.stub)),
      added: spread(rounds.map((each) => each.managed - each.stub)),
      ratio: spread(rounds.map((each) => (each.managed - each.stub) / each.stub)),
    };
  } finally {
    await app.close();
    globalThis.fetch = usual;
  }
}

const REQUEST: RequestInit = {
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Bearer managed' },
  body: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] }),
};

/** Processor time of one call, and of the reading of its answer. */
async function microseconds(fetch: typeof globalThis.fetch): Promise<number> {
  const before = process.cpuUsage();
  for (let n = 0; n < CALLS; n += 1) await (await fetch(`${BASE_URL}/v1/chat/completions`, REQUEST)).text();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / CALLS;
}
