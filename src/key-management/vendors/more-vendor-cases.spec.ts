import { evidenceOf, filledCases } from '../../../test/vendors/vendor-cases';
import { classify } from '../classification/classify';
import { isStreamError } from '../classification/evidence/error-evidence';
import { BUILT_IN_VENDORS } from './index';
import { vendorOf } from './vendor-of';

const NOW = Date.parse('2026-10-15T12:00:00Z');

const cases = filledCases(NOW);

const eventsIn = (sse: string): string[] =>
  sse
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5));

describe('what vendors really answered', () => {
  it.each(cases.map((item) => [item.id, item] as const))('%s', (_id, item) => {
    const vendor = vendorOf(BUILT_IN_VENDORS.get(item.vendor) ?? { name: item.vendor });
    // What is no failure is never judged: a stream that ends with words of its own, or with nothing.
    if (item.phase === 'stream' && item.expected.outcome === 'ok') {
      expect(eventsIn(item.sse!).some(isStreamError)).toBe(false);
      return;
    }
    const { outcome, keyAction, scope, retry, retryAfterMs } = classify(evidenceOf(item, NOW), vendor, 'evidence', NOW);
    const { expected, acceptable = [] } = item;
    expect([expected.outcome, ...acceptable]).toContain(outcome);
    if (outcome === expected.outcome)
      expect({ keyAction, scope, retry, retryAfterMs: retryAfterMs ?? null }).toEqual({
        keyAction: expected.keyAction,
        scope: expected.scope,
        retry: expected.retry,
        retryAfterMs: expected.retryAfterMs,
      });
  });
});
