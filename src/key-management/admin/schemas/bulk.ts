import type { z } from 'zod';
import { keyId, maskedKey, providerName } from '../../analytics/documents';
import { component, integer, listOf, nullableOneOf, nullableText, oneOf } from '../../common/api-schema';
import { KEY_STATUSES } from '../../pool/key/key-state';
import { OUTCOMES } from '../../vendors/contract/outcome';
import { STORE_UNAVAILABLE } from './errors';
import { BULK_ACTIONS } from './requests';

/** What became of one key of many. */
const BULK_KEY = component('BulkKeyResultDto', {
  id: keyId.nullable().meta({ description: 'null where no key has the id and it looks like a secret: see `place`.' }),
  place: integer(0, 'Of the id in the request, or of the key among those that match.'),
  masked_key: maskedKey.nullable(),
  result: oneOf(
    ['changed', 'unchanged', 'checked', 'not_found'],
    'changed',
    '`unchanged`: it was so already; `checked`: `outcome` says what came of it; `not_found`: the provider has no such key.',
  ),
  status: nullableOneOf(KEY_STATUSES, 'disabled', 'The status now; null for a key that is not there any more.'),
  outcome: nullableOneOf(OUTCOMES, 'ok', 'Of the check; null where none was asked for.'),
  reason: nullableText(null, 'Why the check came to that.'),
});
export type BulkKeyView = z.infer<typeof BULK_KEY>;

export const BULK_RESULT = component('BulkResultDto', {
  provider: providerName,
  action: oneOf(BULK_ACTIONS, 'disable'),
  counts: component('BulkCountsDto', {
    changed: integer(284),
    unchanged: integer(3),
    checked: integer(0),
    not_found: integer(0),
  }),
  keys: listOf(BULK_KEY, 'In the order given, each id once; of keys that match, in the order of their ids.'),
});
export type BulkResultView = z.infer<typeof BULK_RESULT>;

/** 503 of an act on many keys: also what an answer of 200 says. */
export const BULK_NOT_STORED = component('BulkNotStoredDto', { ...STORE_UNAVAILABLE.shape, ...BULK_RESULT.shape });
