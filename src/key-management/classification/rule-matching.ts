import type { Condition, EvidenceRule } from '../vendors/contract/rule';
import type { DecidedBy } from './classification';
import type { VendorError } from './evidence/vendor-error';

/** The first rule whose conditions all hold. */
export const firstMatch = (rules: readonly EvidenceRule[], error: VendorError): EvidenceRule | undefined =>
  rules.find((rule) => allHold(rule.when, error));

/** Whether the evidence meets all conditions. */
export const allHold = (when: readonly Condition[], error: VendorError): boolean =>
  when.every((condition) => holds(condition, error));

function holds(condition: Condition, error: VendorError): boolean {
  switch (condition.on) {
    case 'code':
      return error.codes.some((word) => condition.oneOf.includes(word));
    case 'type':
      return error.types.some((word) => condition.oneOf.includes(word));
    case 'reason':
      return error.reasons.some((word) => condition.oneOf.includes(word));
    case 'detail_code':
      return error.detailCodes.some((word) => condition.oneOf.includes(word));
    case 'gstatus':
      return error.vendorStatuses.some((word) => condition.oneOf.includes(word));
    case 'quota_id':
      return error.quotaIds.some((word) => condition.pattern.test(word));
    case 'message':
      return isVendorSentence(error) && condition.pattern.test(error.message);
    case 'endpoint':
      return error.endpoint !== undefined && condition.pattern.test(error.endpoint);
    case 'status':
      return error.status !== undefined && condition.oneOf.includes(error.status);
    case 'phase':
      return error.phase === condition.is;
    case 'body':
      return condition.is === 'html' ? error.bodyKind === 'html' : error.bodyKind !== 'json';
    case 'http_5xx':
      return isServerFault(error.httpStatus);
    case 'not_5xx':
      return !isServerFault(error.httpStatus);
    case 'stated_wait':
      return error.statedWait !== undefined && error.statedWait.source !== 'reset-header';
    case 'edge':
      return error.edge === true;
    case 'all_limits_zero':
      return error.allLimitsZero === true;
  }
}

const isServerFault = (httpStatus: number | undefined): boolean => httpStatus !== undefined && httpStatus >= 500;

/** Without an answer the message is the program's own, and may be anything that its author put there. */
const isVendorSentence = (error: VendorError): boolean => error.status !== undefined || error.bodyKind === 'json';

/** From the most specific kind of evidence to the least. */
const SPECIFICITY: readonly [DecidedBy, readonly Condition['on'][]][] = [
  ['code', ['code']],
  ['type', ['type']],
  ['reason', ['reason']],
  ['detail_code', ['detail_code']],
  ['gstatus', ['gstatus']],
  ['quota_id', ['quota_id']],
  ['message', ['message', 'all_limits_zero']],
  ['header', ['stated_wait']],
  ['body', ['body', 'edge']],
];

/** The most specific kind of evidence among a rule's conditions. */
export const decidedByOf = (rule: EvidenceRule): DecidedBy =>
  SPECIFICITY.find(([, kinds]) => rule.when.some((condition) => kinds.includes(condition.on)))?.[0] ?? 'status';
