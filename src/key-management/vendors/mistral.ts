import type { VendorProfile } from './contract/profile';

export const mistral: VendorProfile = {
  name: 'mistral',
  label: 'Mistral',
  telemetryName: 'mistral_ai',
  baseUrl: 'https://api.mistral.ai',
  probes: { light: [{ path: '/v1/models', proves: 'key' }] },
  rateLimits: { countedFor: 'account' },
};
