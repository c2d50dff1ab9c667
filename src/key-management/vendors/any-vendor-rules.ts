import { message, status, type EvidenceRule } from '../classification/evidence-rules';

/** Rules that hold whoever the vendor is: what stands between us and it. They come before the vendor's own. */
export const anyVendorRules: readonly EvidenceRule[] = [
  {
    id: 'X1',
    when: [{ on: 'body', is: 'html' }, status(403), message(/you have been blocked|just a moment|attention required/i)],
    outcome: 'region_blocked',
  },
];
