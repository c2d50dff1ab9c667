import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../../test/support/seeded-random';
import { Served } from '../policies/served';
import { FIRST_MS } from '../policies/simulate';
import { VendorAccounts } from '../policies/vendor';
import type { VendorCommand, VendorTold } from './messages';

/** What a prompt takes, as vendors reckon before they have read it. */
const CHARACTERS_PER_TOKEN = 4;
const SEED = 11;

interface ChatRequest {
  readonly messages: readonly { readonly content: string }[];
  readonly max_completion_tokens: number;
}

const random = seededRandom(SEED);
let limits: VendorAccounts | undefined;
let served: Served | undefined;
let startsAt = 0;
let endsAt = 0;

const tell = (told: VendorTold): void => void process.send!(told);

/** Books the prompt by its length, and the most that the answer may have, as OpenAI does. */
function tokensOf({ messages, max_completion_tokens: most }: ChatRequest): number {
  const characters = messages.reduce((sum, { content }) => sum + content.length, 0);
  return Math.ceil(characters / CHARACTERS_PER_TOKEN) + most;
}

/** Keys of the benchmarks end in their number. */
const keyOf = ({ headers }: IncomingMessage): number => Number(/(\d+)$/.exec(headers.authorization ?? '')?.[1]);

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!limits || !served || request.method !== 'POST') return void response.writeHead(200).end('{"data":[]}');
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const tokens = tokensOf(JSON.parse(Buffer.concat(chunks).toString()) as ChatRequest);
  const [least, most] = limits.shape.latencyMs;
  const latencyMs = least + random() * (most - least);
  await sleep(latencyMs / 2);
  const now = Date.now();
  const { ok, headers, body } = limits.answer({ key: keyOf(request), tokens }, now);
  served.count(ok, tokens, now);
  await sleep(latencyMs / 2);
  response.writeHead(ok ? 200 : 429, { ...headers, 'content-type': 'application/json' }).end(body);
}

process.on('message', (command: VendorCommand) => {
  if (command.do === 'begin') {
    ({ startsAt, endsAt } = command);
    limits = new VendorAccounts(command.shape, startsAt, random);
    served = new Served(limits.dimension, { laterFrom: startsAt + FIRST_MS, endsAt });
    tell({ kind: 'begun' });
  } else {
    const { all, later, within } = served!;
    tell({ kind: 'report', all, later, within, most: limits!.mostWithin(endsAt - startsAt) });
  }
});

const server = createServer((request, response) => void answer(request, response));
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => tell({ kind: 'listening', port: (server.address() as AddressInfo).port }));
