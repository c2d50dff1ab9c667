import type { VendorError } from '../../src/key-management/classification/evidence/vendor-error';

/** The evidence of an answer that says nothing: a test adds what it is about. */
export const NO_EVIDENCE: VendorError = {
  phase: 'http',
  headers: {},
  codes: [],
  types: [],
  reasons: [],
  vendorStatuses: [],
  quotaIds: [],
  detailCodes: [],
  message: '',
  bodyKind: 'none',
  contentEmitted: false,
};
