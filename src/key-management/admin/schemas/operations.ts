import { z } from 'zod';
import { keyId, maskedKey, PROVIDER_STATE_FIELDS, providerName } from '../../analytics/documents';
import { component, integer, listOf, nullableText, number, oneOf, text, time } from '../../common/api-schema';
import { CALL_ENDS } from '../../pool/call-batches';

/** How a provider stands after it was paused or resumed. */
export const PROVIDER_STATE = component('ProviderStateDto', {
  provider: providerName,
  ...PROVIDER_STATE_FIELDS.shape,
  persistence: oneOf(
    ['stored', 'memory_only'],
    'stored',
    'Whether the pause is shared and outlives a restart; with the store `memory` it ends with the process.',
  ),
});
export type ProviderStateView = z.infer<typeof PROVIDER_STATE>;

const FAILED_CALL = component('FailedCallDto', {
  id: integer(42, 'Grows by one with each failed call.'),
  at: time('When the call ended.'),
  provider: providerName,
  key_id: keyId.nullable().meta({ description: 'Of the last attempt; null where none was made.' }),
  masked_key: maskedKey.nullable(),
  account: nullableText(null, 'The vendor account behind the key, where it is known.'),
  model: nullableText('gpt-5', 'As the caller names it.'),
  endpoint: nullableText('/v1/chat/completions'),
  outcome: oneOf(CALL_ENDS, 'quota_exceeded', 'Of the last attempt; `no_key` where no key could be had for one.'),
  code: nullableText(
    'ATTEMPTS_EXHAUSTED',
    'Of the error that the caller got; null for an answer that broke after its call had returned it.',
  ),
  status: z.number().nullable().meta({ type: 'integer', example: 429, description: "The vendor's HTTP status." }),
  reason: nullableText(
    'You exceeded your current quota, please check your plan and billing details.',
    "The vendor's sentence, redacted; or why no attempt was made.",
  ),
  attempts: integer(4),
  duration: number(2.31, 'Seconds, waits included.'),
});
export type FailedCallView = z.infer<typeof FAILED_CALL>;

export const FAILED_CALL_PAGE = component('FailedCallPageDto', {
  failed_calls: listOf(FAILED_CALL, 'Newest first; of this instance, since its start.'),
  next_cursor: text().nullable().meta({ example: null, description: 'null on the last page.' }),
});
export type FailedCallPage = z.infer<typeof FAILED_CALL_PAGE>;
