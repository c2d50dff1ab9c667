import { message, status, type EvidenceRule } from './contract/rule';

/**
 * A prompt or an answer that was refused for what is in it, under whatever status: the caller's fault. It comes behind a vendor's rules on keys
 * and accounts, whose sentences speak of policies too.
 */
export const contentRefusal = (id: string): EvidenceRule => ({
  id,
  when: [
    status(400, 403, 422, 451),
    message(
      /\b(?:input|prompt|content|image|request|message|text)s? (?:was|were|is|are|has been|have been) (?:flagged|blocked|rejected by (?:the|our) (?:safety|moderation|content))|\bflagged (?:as|by|for) [^.]{0,40}(?:moderation|harmful|unsafe|violat|polic|inappropriate|sensitive|safety)|\bcontent (?:management |moderation )?(?:policy|policies|filter(?:ing)?|moderation)\b|\bsafety (?:system|filter|guidelines|polic(?:y|ies))\b|\bviolat(?:es|ed|ing|ion of|ions of) (?:our |the |your )?(?:content|usage|use|safety|community|moderation)[ -](?:\w{1,20} )?(?:guidelines|polic(?:y|ies))|\bguardrails?\b|\bmoderation\b[^.]{0,60}\b(?:flagged|blocked|failed|refused)|\binappropriate content\b|\bdata[ _-]inspection\b/i,
    ),
  ],
  outcome: 'content_blocked',
});

/** A model that one account may not use, because it was not bought or opened: neither the key's quota nor its rights are at an end. */
export const modelNotIncluded = (id: string): EvidenceRule => ({
  id,
  when: [
    status(402, 403),
    message(
      /\b(?:for|to use|to access|access to|sample from) (?:this|the selected|the requested|that) model\b|\b(?:this|the selected|the requested) model requires (?!moderation)/i,
    ),
  ],
  outcome: 'model_unavailable',
});

/** Rules that hold whoever the vendor is: what stands between us and it. They come before the vendor's own. */
export const anyVendorRules: readonly EvidenceRule[] = [
  {
    id: 'X1',
    when: [{ on: 'body', is: 'html' }, status(403), message(/you have been blocked|just a moment|attention required/i)],
    outcome: 'region_blocked',
  },
];
