import type { VendorProfile } from './contract/profile';
import { code, type, type EvidenceRule } from './contract/rule';

const rules: readonly EvidenceRule[] = [
  {
    id: 'MI1',
    when: [code('1004', '2049')],
    outcome: 'invalid_key',
    source: 'platform.minimax.io error codes, as copied in public code',
  },
  { id: 'MI2', when: [type('authorized_error')], outcome: 'invalid_key', source: 'seen' },
  {
    id: 'MI3',
    when: [code('1008')],
    outcome: 'quota_exceeded',
    source: 'platform.minimax.io error codes, as copied in public code',
  },
  { id: 'MI4', when: [type('insufficient_balance_error')], outcome: 'quota_exceeded', source: 'seen' },
  {
    id: 'MI5',
    when: [code('1002', '1039', '1041', '2045')],
    outcome: 'rate_limited',
    source: 'platform.minimax.io error codes, as copied in public code',
  },
  {
    id: 'MI6',
    when: [code('1026', '1027')],
    outcome: 'content_blocked',
    source: 'platform.minimax.io error codes, as copied in public code',
  },
  {
    id: 'MI7',
    when: [code('2013', '1042')],
    outcome: 'bad_request',
    source: 'platform.minimax.io error codes, as copied in public code',
  },
  {
    id: 'MI8',
    when: [code('1000', '1001', '1024', '1033')],
    outcome: 'server_error',
    source: 'platform.minimax.io error codes, as copied in public code',
  },
  {
    id: 'MI9',
    when: [code('2056')],
    outcome: 'quota_exceeded',
    source: 'platform.minimax.io error codes, as copied in public code: the limit of a window of five hours',
  },
  {
    id: 'MI10',
    when: [code('2061')],
    outcome: 'model_unavailable',
    source: "not in the vendor's list of codes as copied in public code, and not seen: not in this plan",
  },
];

export const minimax: VendorProfile = {
  name: 'minimax',
  label: 'MiniMax',
  baseUrl: 'https://api.minimax.io',
  probes: {
    light: [{ method: 'POST', path: '/v1/chat/completions', body: {}, proves: 'key', acceptedBy: [400, 422] }],
  },
  rules,
};
