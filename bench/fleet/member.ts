import { setTimeout as sleep } from 'node:timers/promises';
import { ManagedFetchService, type ManagedFetch } from '../../src/key-management';
import { seededRandom } from '../../test/support/seeded-random';
import { fill, startApp } from '../lib/pool-app';
import { callsOf } from '../policies/simulate';
import type { MemberCommand, MemberTold } from './messages';

const PROVIDER = 'openai';
const CHARACTERS_PER_TOKEN = 4;
/** Of what a call takes, the prompt has this share. */
const PROMPT_SHARE = 0.7;

const tell = (told: MemberTold): void => void process.send!(told);

/** A request that takes so many tokens. */
function requestOf(tokens: number): RequestInit {
  const input = Math.max(1, Math.floor(tokens * PROMPT_SHARE));
  const body = {
    model: 'gpt-5-mini',
    messages: [{ role: 'user', content: 'word'.repeat(Math.ceil((input * CHARACTERS_PER_TOKEN) / 4)) }],
    max_completion_tokens: tokens - input,
  };
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer managed' },
    body: JSON.stringify(body),
  };
}

type Calling = Extract<MemberCommand, { do: 'call' }>;

/** Makes calls at random moments, and waits for all of them. */
async function callAll(fetch: ManagedFetch, url: string, terms: Calling): Promise<MemberTold> {
  const random = seededRandom(terms.seed);
  const calls = callsOf({ tokens: terms.tokens }, random);
  const reasons = new Set<string>();
  const underWay: Promise<void>[] = [];
  let [offered, units, lost] = [0, 0, 0];
  const make = async (tokens: number): Promise<void> => {
    try {
      const response = await fetch(url, requestOf(tokens));
      const text = await response.text();
      if (response.ok) return;
      reasons.add(`${response.status} ${text.slice(0, 120)}`);
    } catch (error) {
      reasons.add(String(error));
    }
    lost += 1;
  };
  let at = terms.startsAt;
  for (;;) {
    at += -Math.log(1 - random()) * terms.gapMs;
    if (at >= terms.endsAt) break;
    await sleep(Math.max(0, at - Date.now()));
    const { tokens } = calls.next();
    offered += 1;
    units += tokens;
    underWay.push(make(tokens));
  }
  await Promise.all(underWay);
  return { kind: 'called', offered, tokens: units, lost, reasons: [...reasons].slice(0, 1) };
}

/** One instance of an app. Arguments: the vendor's and the store's URL, the number of keys, the milliseconds that calls wait. */
async function main([vendorUrl = '', storeUrl = '', keys = '0', maxWaitMs = '0']: string[]): Promise<void> {
  const app = await startApp({
    providers: { [PROVIDER]: { baseUrl: vendorUrl } },
    store: { kind: 'redis', url: storeUrl },
  });
  fill(app, PROVIDER, Number(keys));
  const fetch = app.get(ManagedFetchService).for(PROVIDER, { maxWaitMs: Number(maxWaitMs) });
  const obey = async (command: MemberCommand): Promise<void> => {
    if (command.do === 'call') return tell(await callAll(fetch, `${vendorUrl}/v1/chat/completions`, command));
    await app.close();
    process.disconnect();
  };
  process.on('message', (command: MemberCommand) => void obey(command));
  tell({ kind: 'ready' });
}

void main(process.argv.slice(2));
