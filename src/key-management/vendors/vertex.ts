import type { VendorProfile } from './contract/profile';
import { google } from './google/google';
import { chatProbe } from './openai/openai';

export const vertex: VendorProfile = {
  name: 'vertex',
  label: 'Vertex AI',
  telemetryName: 'gcp.vertex_ai',
  wireFormat: 'google',
  baseUrlExample: 'https://aiplatform.googleapis.com/v1/projects/my-project/locations/global/endpoints/openapi',
  credential: { header: 'authorization', scheme: 'Bearer' },
  accountInDetails: google.accountInDetails,
  probes: {
    light: [{ method: 'POST', path: '/chat/completions', body: {}, proves: 'key', acceptedBy: [400, 422] }],
    deep: [{ ...chatProbe(), path: '/chat/completions' }],
  },
  pricesName: 'google',
};
