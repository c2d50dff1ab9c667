import type { VendorProfile } from './contract/profile';
import { code, message, status, type EvidenceRule } from './contract/rule';

const rules: readonly EvidenceRule[] = [
  {
    id: 'DA1',
    when: [code('InvalidApiKey', 'invalid_api_key')],
    outcome: 'invalid_key',
    source: "Model Studio's page of error messages, as copied in public code",
  },
  {
    id: 'DA2',
    when: [code('Arrearage')],
    outcome: 'quota_exceeded',
    source: "Model Studio's page of error messages, as copied in public code",
  },
  {
    id: 'DA3',
    when: [code('AllocationQuota.FreeTierOnly')],
    outcome: 'model_unavailable',
    source: "Model Studio's page of error messages, as copied in public code",
  },
  {
    id: 'DA4',
    when: [
      status(429),
      code(
        'insufficient_quota',
        'Throttling.AllocationQuota',
        'Throttling.RateQuota',
        'Throttling',
        'Throttling.BurstRate',
        'Throttling.Concurrency',
        'limit_requests',
        'limit_burst_rate',
        'LimitRequests',
      ),
    ],
    outcome: 'rate_limited',
    source: "Model Studio's page of error messages, as copied in public code: tokens per minute",
  },
  {
    id: 'DA5',
    when: [status(429), message(/^(?:allocated quota exceeded|you exceeded your current (?:quota|requests list))/i)],
    outcome: 'rate_limited',
    source: "Model Studio's page of error messages, as copied in public code",
  },
  {
    id: 'DA6',
    when: [code('data_inspection_failed', 'DataInspectionFailed')],
    outcome: 'content_blocked',
    source: "Model Studio's page of error messages, as copied in public code",
  },
  {
    id: 'DA7',
    when: [code('ModelNotFound', 'model_not_found', 'Model.AccessDenied', 'model_not_supported')],
    outcome: 'model_unavailable',
    source: "Model Studio's page of error messages, as copied in public code",
  },
];

export const dashscope: VendorProfile = {
  name: 'dashscope',
  label: 'DashScope',
  baseUrl: 'https://dashscope.aliyuncs.com/compatible-mode',
  keyFormat: { prefixes: ['sk-'] },
  probes: {
    light: [{ method: 'POST', path: '/v1/chat/completions', body: {}, proves: 'key', acceptedBy: [400, 422] }],
  },
  rules,
};
