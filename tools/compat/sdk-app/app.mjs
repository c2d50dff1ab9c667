// Started with the name of a cell: calls a vendor on loopback by its SDK, from a Nest app, until the dead key of two was chosen. Each call
// must answer by the good key, and the dead one must be out of the pool: plain and streamed, by the managed fetch and by `execute`. Prints
// what went wrong, as JSON.
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { NestFactory } from '@nestjs/core';
import {
  KeyManagementModule,
  KeyPoolService,
  ManagedFetchService,
  RetryExecutorService,
} from 'nestjs-ai-key-management';
import { VendorSimulator } from 'nestjs-ai-key-management/testing';
import { CELLS } from './cells.mjs';

/** Which key is first is left to the pool; the other one is chosen soon. */
const MOST_CALLS = 20;
/** What the vendor says. */
const TEXT = /^Hello\b/;

const said = [];
const note = (line) => said.push(String(line));
const logger = { log: note, warn: note, error: note };

async function collect(pieces) {
  const got = [];
  for await (const piece of pieces) if (piece) got.push(piece);
  assert.ok(got.length > 1, 'The stream came in one piece.');
  return got.join('');
}

/** Each way gives the text, and what the call is reported to have used. */
const WAYS = {
  async 'managed fetch'({ app, cell, vendor, take }) {
    let report;
    const service = app.get(ManagedFetchService);
    const reporting = { for: (name) => service.for(name, { onReport: (each) => (report = each) }) };
    const text = await take(cell.managed(reporting, vendor));
    return { text, usage: report?.usage };
  },
  async execute({ app, cell, vendor, take }) {
    const result = await app
      .get(RetryExecutorService)
      .execute(cell.vendor, (context) => take(cell.own({ apiKey: context.apiKey, fetch: context.fetch }, vendor)));
    if (!result.success) throw result.error;
    return { text: result.response, usage: result.usage };
  },
  // Then only the errors of the SDK tell what went wrong.
  async 'execute without its fetch'({ app, cell, vendor, take }) {
    const result = await app
      .get(RetryExecutorService)
      .execute(cell.vendor, ({ apiKey }) => take(cell.own({ apiKey }, vendor)));
    if (!result.success) throw result.error;
    return { text: result.response };
  },
};

async function open(cell, simulator, keys) {
  const { baseUrl } = simulator[cell.vendor];
  const providers = { [cell.vendor]: { keys, baseUrl } };
  const module = KeyManagementModule.forRoot({ providers, store: { kind: 'memory' }, admin: false });
  return NestFactory.createApplicationContext(module, { logger, abortOnError: false });
}

async function rotate(cell, way, take) {
  const simulator = await VendorSimulator.start();
  const vendor = simulator[cell.vendor];
  const [dead, good] = vendor.newKeys(2);
  const app = await open(cell, simulator, [dead, good]);
  try {
    vendor.key(dead, { kind: 'invalid' });
    vendor.calls.reset();
    const refused = () => vendor.calls.of(dead).filter(({ operation }) => operation === 'generate').length;
    let calls = 0;
    while (refused() === 0) {
      assert.ok((calls += 1) <= MOST_CALLS, `The dead key was not asked in ${MOST_CALLS} calls.`);
      const { text, usage } = await WAYS[way]({ app, cell, vendor, take });
      assert.match(text, TEXT);
      if (usage) assert.ok(usage.inputTokens > 0 && usage.outputTokens > 0, 'No usage was read.');
    }
    assert.equal(refused(), 1, 'The dead key was asked again.');
    assert.equal(vendor.calls.total, calls + 1, 'The SDK made further requests.');
    const statuses = app
      .get(KeyPoolService)
      .list(cell.vendor)
      .map(({ status }) => status);
    assert.deepEqual(statuses, ['invalid_key', 'healthy']);
    const shown = said.find((line) => line.includes(dead) || line.includes(good));
    assert.equal(shown, undefined, 'The log shows a key.');
  } finally {
    await app.close();
    await simulator.close();
  }
}

const cell = await CELLS[process.argv[2]]();
const takes = {
  plain: (client) => cell.ask(client, 'Hi'),
  streamed: (client) => collect(cell.stream(client, 'Hi')),
};
const problems = { plain: [], streamed: [] };
for (const [kind, take] of Object.entries(takes)) {
  for (const way of Object.keys(WAYS)) {
    try {
      await rotate(cell, way, take);
    } catch (error) {
      problems[kind].push(`${way}: ${error.stack}`);
    }
  }
}
console.log(JSON.stringify(problems));
