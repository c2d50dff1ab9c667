import { status, type EvidenceRule } from '../contract/rule';
import { anyVendorRules } from '../shared.rules';
import { openAiRules } from '../openai/openai.rules';

/** 529 is Anthropic's word for overload, which some gateways pass on; it must come before O28 takes every 5xx. */
const overloaded: EvidenceRule = { id: 'V5', when: [status(529)], outcome: 'overloaded' };

/** What a status says where a compatible vendor gives nothing better. */
const genericDefaults: readonly EvidenceRule[] = [
  { id: 'V1', when: [status(401)], outcome: 'invalid_key' },
  { id: 'V2', when: [status(429)], outcome: 'rate_limited' },
  { id: 'V3', when: [status(403)], outcome: 'permission_denied' },
  { id: 'V4', when: [status(400, 404, 413, 415, 422)], outcome: 'bad_request' },
];

const beforeServerErrors = openAiRules.findIndex((rule) => rule.id === 'O28');

/** The rules for an OpenAI-compatible vendor: OpenAI's, then the generic defaults. */
export const compatibleRules: readonly EvidenceRule[] = [
  ...anyVendorRules,
  ...openAiRules.slice(0, beforeServerErrors),
  overloaded,
  ...openAiRules.slice(beforeServerErrors),
  ...genericDefaults,
];
