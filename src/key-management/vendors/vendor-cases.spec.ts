import { BUILT_IN_VENDORS } from './index';
import { vendorOf } from './vendor-of';
import cases from '../../../test/fixtures/vendor-cases.json';
import { evidenceOf } from '../../../test/vendors/vendor-cases';
import type { Classification } from '../classification/classification';
import { classify } from '../classification/classify';
import { vendorErrorFrom } from '../classification/evidence/error-evidence';
import type { Phase } from './contract/rule';
import { anthropic } from './anthropic/anthropic';
import { google } from './google/google';
import { openai } from './openai/openai';
import type { Vendor } from './contract/vendor';

const NOW = Date.parse('2026-10-15T12:00:00Z');

interface VendorCase {
  id: string;
  vendor: string;
  phase: Phase;
  endpoint: string | null;
  status: number | null;
  headers: Record<string, string>;
  body: unknown;
  sse?: string;
  transport?: { callerAborted?: boolean };
  contentEmitted?: boolean;
  expected: Record<'outcome' | 'keyAction' | 'scope' | 'retry' | 'decidedBy', string> & {
    retryAfterMs: number | null;
    notBefore: string | null;
    escalateOnRepeat?: string;
  };
  specDefault: { outcome: string; keyAction: string } | null;
}

const table = (cases as unknown as { cases: VendorCase[] }).cases;

function knowledgeOf(vendor: string): Vendor {
  if (vendor.startsWith('compat:')) return vendorOf(BUILT_IN_VENDORS.get(vendor.slice(7)) ?? { name: vendor.slice(7) });
  return { openai: vendorOf(openai), anthropic: vendorOf(anthropic) }[vendor] ?? vendorOf(google);
}

const shown = (verdict: Classification) => ({
  outcome: verdict.outcome === 'model_unavailable' ? 'model_unavailable_for_key' : verdict.outcome,
  keyAction: verdict.keyAction === 'cool_down' ? 'cool_down' : verdict.keyAction,
  scope: verdict.scope,
  retry: verdict.retry,
  retryAfterMs: verdict.retryAfterMs ?? null,
  notBefore: verdict.notBefore?.toISOString().replace('.000Z', 'Z') ?? null,
  decidedBy: verdict.decidedBy,
  escalateOnRepeat: verdict.escalateOnRepeat,
});

describe('every vendor case', () => {
  it.each(table.map((item) => [item.id, item] as const))('%s', (_id, item) => {
    const verdict = classify(evidenceOf(item, NOW), knowledgeOf(item.vendor), 'evidence', NOW);
    expect(shown(verdict)).toEqual({ escalateOnRepeat: undefined, ...item.expected });
  });
});

describe('every vendor case by the table alone', () => {
  const covered = table.filter((item) => item.specDefault !== null);

  it.each(covered.map((item) => [item.id, item] as const))('%s', (_id, item) => {
    const verdict = classify(evidenceOf(item, NOW), knowledgeOf(item.vendor), 'status', NOW);
    const healthy = item.phase === 'probe' && item.status === 200;
    const expected = item.specDefault!.outcome === 'other' ? (healthy ? 'ok' : 'unknown') : item.specDefault!.outcome;
    expect(verdict.outcome).toBe(expected);
    // The table's "keep in pool, temporary" of a rate limit is a cooldown in the pool.
    expect(verdict.keyAction === 'remove').toBe(item.specDefault!.keyAction === 'remove');
  });
});

it('keeps a key that the vendor echoes out of the evidence and the verdict, known or not', () => {
  const item = table.find(({ id }) => id === 'google-403-consumer-suspended')!;
  const key = /AIza\w+/.exec(JSON.stringify(item.body))![0];
  for (const secrets of [[key], []]) {
    const error = vendorErrorFrom({ status: item.status, headers: item.headers, body: item.body }, { secrets });
    const verdict = classify(error, vendorOf(google), 'evidence', NOW);
    expect(verdict.outcome).toBe('invalid_key');
    expect(JSON.stringify(error) + JSON.stringify(verdict)).not.toContain(key.slice(8, 30));
  }
});
