import { message, status, type EvidenceRule } from './contract/rule';

/**
 * A prompt or an answer that was refused for what is in it, under whatever status: the caller's fault. It comes behind a vendor's rules on keys
 * and accounts, whose sentences speak of policies too.
 */
export const contentRefusal = (id: string, source: string): EvidenceRule => ({
  id,
  source,
  when: [
    status(400, 403, 422, 451),
    message(
      /\b(?:input|prompt|content|image|request|message|text)s? (?:was|were|is|are|has been|have been) (?:flagged|blocked|rejected by (?:the|our) (?:safety|moderation|content))|\bflagged (?:as|by|for) [^.]{0,40}(?:moderation|harmful|unsafe|violat|polic|inappropriate|sensitive|safety)|\bcontent (?:management |moderation )?(?:policy|policies|filter(?:ing)?|moderation)\b|\bsafety (?:system|filter|guidelines|polic(?:y|ies))\b|\bviolat(?:es|ed|ing|ion of|ions of) (?:our |the |your )?(?:content|usage|use|safety|community|moderation)[ -](?:\w{1,20} )?(?:guidelines|polic(?:y|ies))|\bguardrails?\b|\bmoderation\b[^.]{0,60}\b(?:flagged|blocked|failed|refused)|\binappropriate content\b|\bdata[ _-]inspection\b/i,
    ),
  ],
  outcome: 'content_blocked',
});

/** A model that one account may not use, because it was not bought or opened: neither the key's quota nor its rights are at an end. */
export const modelNotIncluded = (id: string, source: string): EvidenceRule => ({
  id,
  source,
  when: [
    status(402, 403),
    message(
      /\b(?:for|to use|to access|access to|sample from) (?:this|the selected|the requested|that) model\b|\b(?:this|the selected|the requested) model requires (?!moderation)/i,
    ),
  ],
  outcome: 'model_unavailable',
});

/**
 * What stands between us and a vendor (a content delivery network, a front end, a firewall) has not looked at any key: its refusals are never about
 * one. They come before the rules of the wire format, and behind those of a vendor that answers with pages itself.
 */
export const edgeRules: readonly EvidenceRule[] = [
  {
    id: 'X2',
    when: [{ on: 'edge' }, status(429)],
    outcome: 'overloaded',
    source: 'developers.cloudflare.com changelog 2026-03-12: Retry-After of 1xxx errors',
  },
  {
    id: 'X1',
    when: [{ on: 'edge' }, status(401, 403, 407, 451)],
    outcome: 'region_blocked',
    source: 'desktop-waifu#261, NextChat#3302; big-AGI#485; claude-code#23498',
  },
  {
    id: 'X3',
    when: [{ on: 'edge' }, status(404, 405)],
    outcome: 'config_error',
    source: 'pages of content delivery networks and front ends, seen',
  },
  {
    id: 'X4',
    when: [{ on: 'edge' }, { on: 'not_5xx' }],
    outcome: 'network_error',
    source: 'pages of content delivery networks and front ends, seen',
  },
];

/**
 * What a status says where the vendor gives nothing better: for vendors of which little is known. A 401 that names the key proves what it says (V7); one
 * that says no more than its status (V1) is believed of a first key only.
 */
export const statusRules: readonly EvidenceRule[] = [
  {
    id: 'V7',
    when: [
      status(401),
      message(
        /^(?:\w{1,40}: )?(?:missing or )?(?:invalid|incorrect|wrong|unknown|expired|revoked|inactive|disabled) (?:or \w{1,20} )?(?:api[ _-]?(?:key|token)|(?:access |auth(?:entication)? |bearer )?token|credentials?)\b|^(?:the |your |this |provided )?(?:provided )?(?:api[ _-]?(?:key|token)|(?:access |auth(?:entication)? |bearer )?token) (?:provided )?(?:is|was|has been) (?:invalid|not valid|incorrect|expired|revoked|disabled|deleted)\b|^you did not pass a valid authentication token\b/i,
      ),
    ],
    outcome: 'invalid_key',
    source: 'Tavily and Replicate, as in our cases; the same words are seen with several compatible vendors',
  },
  { id: 'V1', when: [status(401)], outcome: 'invalid_key', source: 'what compatible vendors have in common' },
  { id: 'V2', when: [status(429)], outcome: 'rate_limited', source: 'what compatible vendors have in common' },
  { id: 'V3', when: [status(403)], outcome: 'permission_denied', source: 'what compatible vendors have in common' },
  {
    id: 'V6',
    when: [status(410)],
    outcome: 'model_unavailable',
    source: 'cases of retired models, seen with several vendors',
  },
];

/** A request that a vendor refuses by its status alone is the caller's fault, and no other key would help. */
export const callerFaultRules: readonly EvidenceRule[] = [
  {
    id: 'V4',
    when: [status(400, 404, 405, 409, 410, 413, 415, 422, 424, 451)],
    outcome: 'bad_request',
    source: 'what compatible vendors have in common',
  },
];
