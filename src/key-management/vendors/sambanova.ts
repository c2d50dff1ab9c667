import type { VendorProfile } from './contract/profile';

export const sambanova: VendorProfile = {
  name: 'sambanova',
  label: 'SambaNova',
  baseUrl: 'https://api.sambanova.ai',
  probes: {
    light: [
      { path: '/v1/models', proves: 'key_unless_public' },
      { method: 'POST', path: '/v1/chat/completions', body: {}, proves: 'key', acceptedBy: [400, 422] },
    ],
  },
  rateLimits: { countedFor: 'account', headers: ['x-ratelimit-{limit,remaining,reset}-requests(-day)'] },
};
