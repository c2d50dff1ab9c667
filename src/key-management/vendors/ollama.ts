import type { VendorProfile } from './contract/profile';
import { message, type EvidenceRule } from './contract/rule';

const rules: readonly EvidenceRule[] = [
  {
    id: 'OL1',
    when: [message(/^this model requires a subscription/i)],
    outcome: 'model_unavailable',
    source: 'ollama#15990, ollama#15741',
  },
  { id: 'OL2', when: [message(/^your subscription payment is past due/i)], outcome: 'quota_exceeded', source: 'seen' },
  {
    id: 'OL3',
    when: [message(/^you (?:\(\S{1,80}\) )?have reached your (?:session|hourly|daily|weekly|monthly) usage limit/i)],
    outcome: 'quota_exceeded',
    source: 'seen',
  },
  {
    id: 'OL5',
    when: [message(/^model [`'"][^`'"]{1,256}[`'"] not found/i)],
    outcome: 'model_unavailable',
    source: 'ollama source',
  },
];

export const ollama: VendorProfile = {
  name: 'ollama',
  label: 'Ollama',
  baseUrl: 'https://ollama.com',
  probes: {
    light: [{ method: 'POST', path: '/v1/chat/completions', body: {}, proves: 'key', acceptedBy: [400, 422] }],
  },
  rules,
  usage: { places: [''], input: ['prompt_eval_count'], output: ['eval_count'] },
};
