import type { VendorProfile } from './contract/profile';
import { code, type EvidenceRule } from './contract/rule';

const rules: readonly EvidenceRule[] = [
  {
    id: 'ZH1',
    when: [code('1000', '1001', '1002', '1003', '1004')],
    outcome: 'invalid_key',
    source: 'docs.z.ai api-code',
  },
  {
    id: 'ZH2',
    when: [code('1110', '1111', '1112')],
    outcome: 'invalid_key',
    source: 'docs.z.ai api-code: account inactive, missing or locked',
  },
  {
    id: 'ZH3',
    when: [code('1113')],
    outcome: 'quota_exceeded',
    source: 'zai-org/feedback#789: balance, in English and Chinese',
  },
  {
    id: 'ZH4',
    when: [code('1211', '1220', '1221', '1222')],
    outcome: 'model_unavailable',
    source: 'docs.z.ai api-code',
  },
  { id: 'ZH5', when: [code('1301')], outcome: 'content_blocked', source: 'docs.z.ai api-code 1301' },
  { id: 'ZH6', when: [code('1302', '1303')], outcome: 'rate_limited', source: 'docs.z.ai api-code' },
  {
    id: 'ZH7',
    when: [code('1304', '1308', '1310')],
    outcome: 'rate_limited',
    scope: 'key',
    source: 'docs.z.ai api-code: limits of a day, five hours or a week',
  },
  { id: 'ZH8', when: [code('1305', '1312')], outcome: 'overloaded', source: 'docs.z.ai api-code 1305' },
  { id: 'ZH9', when: [code('1309')], outcome: 'quota_exceeded', source: 'docs.z.ai api-code: the plan has expired' },
  {
    id: 'ZH10',
    when: [code('1210', '1212', '1213', '1214', '1215', '1261')],
    outcome: 'bad_request',
    source: 'docs.z.ai api-code',
  },
  { id: 'ZH11', when: [code('1120', '1230', '1234', '500')], outcome: 'server_error', source: 'docs.z.ai api-code' },
];

export const zhipu: VendorProfile = {
  name: 'zhipu',
  label: 'Zhipu',
  baseUrl: 'https://open.bigmodel.cn/api/paas/v4',
  probes: { light: [{ path: '/v1/models', proves: 'key' }] },
  rules,
  pricesName: 'zhipuai',
};
