import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import type { TestingModule } from '@nestjs/testing';
import {
  KeyManagerService,
  KeyPoolService,
  keyIdOf,
  RetryExecutorService,
  type ManagedCall,
} from '../../src/key-management';
import { fakeKey, VendorSimulator, type SimulatedVendor } from '../simulator';
import { startKeyManagement } from '../support/key-management-app';

interface VendorCase {
  name: 'openai' | 'anthropic' | 'google';
  model: string;
  call: (baseUrl: string) => ManagedCall<string>;
}

const VENDORS: VendorCase[] = [
  {
    name: 'openai',
    model: 'gpt-5-nano',
    call:
      (baseURL) =>
      async ({ apiKey, signal }) => {
        const client = new OpenAI({ apiKey, baseURL: `${baseURL}/v1`, maxRetries: 0 });
        const answer = await client.chat.completions.create(
          { model: 'gpt-5-nano', messages: [{ role: 'user', content: 'Hello' }] },
          { signal },
        );
        return answer.choices[0]?.message.content ?? '';
      },
  },
  {
    name: 'anthropic',
    model: 'claude-haiku-4-5',
    call:
      (baseURL) =>
      async ({ apiKey, signal }) => {
        const client = new Anthropic({ apiKey, baseURL, maxRetries: 0 });
        const answer = await client.messages.create(
          { model: 'claude-haiku-4-5', max_tokens: 64, messages: [{ role: 'user', content: 'Hello' }] },
          { signal },
        );
        return answer.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
      },
  },
  {
    name: 'google',
    model: 'gemini-3.1-flash-lite',
    call:
      (baseUrl) =>
      async ({ apiKey, signal }) => {
        const client = new GoogleGenAI({ apiKey, httpOptions: { baseUrl } });
        const answer = await client.models.generateContent({
          model: 'gemini-3.1-flash-lite',
          contents: 'Hello',
          config: { abortSignal: signal },
        });
        return answer.text ?? '';
      },
  },
];

describe.each(VENDORS)('failover with the official SDK of $name', ({ name, model, call }) => {
  let simulator: VendorSimulator;
  let vendor: SimulatedVendor;
  let app: TestingModule;
  const [invalid, exhausted, limited, good] = [1, 2, 3, 4].map((n) => fakeKey(name, n)) as [
    string,
    string,
    string,
    string,
  ];

  beforeEach(async () => {
    simulator = await VendorSimulator.start();
    vendor = simulator[name];
    for (const key of [invalid, exhausted, limited, good]) vendor.key(key, { kind: 'valid' });
    app = await startKeyManagement({
      providers: { [name]: { keys: [invalid, exhausted, limited, good], baseUrl: vendor.baseUrl } },
      backoff: { initialMs: 0, maxMs: 0 },
    });
  });
  afterEach(async () => {
    await app.close();
    await simulator.close();
  });

  it('walks past an invalid, an exhausted and a rate-limited key to the good one', async () => {
    const pool = app.get(KeyPoolService);
    vendor.key(invalid, { kind: 'invalid' });
    vendor.key(exhausted, { kind: 'exhausted' });
    vendor.key(limited, { kind: 'alwaysRateLimited', retryAfterMs: 20_000 });
    const expected = {
      [keyIdOf(invalid)]: 'invalid_key',
      [keyIdOf(exhausted)]: name === 'google' ? 'rate_limited' : 'quota_exceeded',
      [keyIdOf(limited)]: 'rate_limited',
    };

    // Which key comes first is a matter of choice, so calls are made until each bad one has had its turn.
    const seen: Record<string, string> = {};
    for (let round = 0; round < 8; round += 1) {
      const result = await app.get(RetryExecutorService).execute(name, call(vendor.baseUrl), { model });
      expect(result).toMatchObject({ success: true });
      const last = result.attempts.at(-1)!;
      expect(last).toMatchObject({ keyId: keyIdOf(good), outcome: 'ok' });
      for (const attempt of result.attempts.slice(0, -1)) seen[attempt.keyId] = attempt.outcome;
    }

    expect(seen).toEqual(expected);
    expect(pool.get(name, keyIdOf(invalid))).toMatchObject({ status: 'invalid_key' });
    if (name !== 'google') expect(pool.get(name, keyIdOf(exhausted))).toMatchObject({ status: 'quota_exceeded' });
    const last = await app.get(RetryExecutorService).execute(name, call(vendor.baseUrl), { model });
    expect(last).toMatchObject({ success: true, attemptsMade: 1 });
    expect(JSON.stringify(app.get(KeyManagerService).getComprehensiveStatus())).not.toContain(invalid);
  });
});
