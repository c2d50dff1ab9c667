import type { VendorProfile } from './contract/profile';
import { code, type EvidenceRule } from './contract/rule';

const rules: readonly EvidenceRule[] = [
  {
    id: 'VO1',
    when: [code('AuthenticationError')],
    outcome: 'invalid_key',
    source: 'cline#1426; volcengine.com/docs/82379/1299023, as copied in public code',
  },
  {
    id: 'VO2',
    when: [code('AccountOverdueError', 'OperationDenied.ServiceOverdue')],
    outcome: 'quota_exceeded',
    source: 'volcengine.com/docs/82379/1299023, as copied in public code',
  },
  {
    id: 'VO3',
    when: [
      code(
        'ModelNotOpen',
        'OperationDenied.ServiceNotOpen',
        'InvalidEndpointOrModel.NotFound',
        'InvalidEndpointOrModel.ModelIDAccessDisabled',
        'InvalidEndpoint.ClosedEndpoint',
      ),
    ],
    outcome: 'model_unavailable',
    source: 'volcengine.com/docs/82379/1299023, as copied in public code',
  },
  {
    id: 'VO4',
    when: [code('ServerOverloaded', 'RequestBurstTooFast')],
    outcome: 'overloaded',
    source: 'volcengine.com/docs/82379/1299023, as copied in public code',
  },
  {
    id: 'VO5',
    when: [code('QuotaExceeded', 'SetLimitExceeded')],
    outcome: 'rate_limited',
    source: 'volcengine.com/docs/82379/1299023, as copied in public code: a free or set limit of one model',
  },
  {
    id: 'VO6',
    when: [
      code(
        'ModelAccountTpmRateLimitExceeded',
        'ModelAccountRpmRateLimitExceeded',
        'ModelAccountIpmRateLimitExceeded',
        'APIAccountRpmRateLimitExceeded',
        'AccountRateLimitExceeded',
        'InflightBatchsizeExceeded',
        'RateLimitExceeded.EndpointRPMExceeded',
        'RateLimitExceeded.EndpointTPMExceeded',
      ),
    ],
    outcome: 'rate_limited',
    source: 'volcengine.com/docs/82379/1299023, as copied in public code',
  },
  {
    id: 'VO7',
    when: [
      code(
        'SensitiveContentDetected',
        'InputTextSensitiveContentDetected',
        'OutputTextSensitiveContentDetected',
        'InputImageSensitiveContentDetected',
        'SensitiveContentDetected.SevereViolation',
        'SensitiveContentDetected.Violence',
      ),
    ],
    outcome: 'content_blocked',
    source: 'volcengine.com/docs/82379/1299023, as copied in public code',
  },
  {
    id: 'VO8',
    when: [code('AccessDenied', 'OperationDenied.PermissionDenied')],
    outcome: 'permission_denied',
    source: 'volcengine.com/docs/82379/1299023, as copied in public code',
  },
];

export const volcengine: VendorProfile = {
  name: 'volcengine',
  label: 'Volcengine',
  baseUrl: 'https://ark.cn-beijing.volces.com/api/v3',
  probes: { light: [{ path: '/v1/models', proves: 'key' }] },
  rules,
};
