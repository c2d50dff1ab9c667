import type { VendorProfile } from './contract/profile';
import { message, status, type EvidenceRule } from './contract/rule';

const rules: readonly EvidenceRule[] = [
  {
    id: 'SE1',
    when: [message(/^invalid api key/i)],
    outcome: 'invalid_key',
    source: 'serpapi.com/api-status-and-error-codes',
  },
  {
    id: 'SE2',
    when: [
      message(
        /^your (?:account has run out of searches|searches for the month are exhausted|account .{0,40}run out of)/i,
      ),
    ],
    outcome: 'quota_exceeded',
    source: 'seen in public code',
  },
  {
    id: 'SE3',
    when: [status(429), message(/throughput|per hour/i)],
    outcome: 'rate_limited',
    source: 'serpapi.com/api-status-and-error-codes',
  },
];

export const serpapi: VendorProfile = {
  name: 'serpapi',
  label: 'SerpApi',
  baseUrl: 'https://serpapi.com',
  // It takes a key in no other way: nothing of ours prints the query of a request.
  credential: { query: 'api_key' },
  probes: { light: [{ path: '/account.json', proves: 'key' }], deep: false },
  rules,
};
