import { jsonIn } from '../../classification/body-text';
import { isStreamError } from '../../classification/error-evidence';
import { isObject, itemsOf, read } from '../../classification/safe-read';
import type { SseEvent } from './sse-events';

/**
 * `preamble` says only that an answer begins: a stream that breaks off there can be begun anew, unseen. `begun`: that the vendor has
 * taken on a work under an id, of which the answer will tell.
 */
export type EventKind = 'preamble' | 'ping' | 'begun' | 'content' | 'error';

const BEGUN_TYPES = new Set(['response.created', 'response.queued']);
/** Anthropic's and OpenAI's (Responses) events before the first content. */
const PREAMBLE_TYPES = new Set([
  'message_start',
  'content_block_start',
  'response.in_progress',
  'response.output_item.added',
  'response.content_part.added',
  'response.reasoning_summary_part.added',
]);

/** What an event of any vendor's stream is. What is not known for a preamble is content: it is never held back. */
export function eventKind({ name, data }: SseEvent): EventKind {
  if (data === '') return name === 'ping' ? 'ping' : 'preamble';
  if (name === 'error') return 'error';
  const value = jsonIn(data);
  if (!isObject(value)) return 'content';
  if (isStreamError(value)) return 'error';
  const type = String(read(value, 'type'));
  if (type === 'ping') return 'ping';
  if (BEGUN_TYPES.has(type)) return 'begun';
  if (PREAMBLE_TYPES.has(type)) return 'preamble';
  return isEmptyChat(value) || isEmptyCandidate(value) ? 'preamble' : 'content';
}

/** OpenAI chat: the role alone, Azure's filter results, usage. */
function isEmptyChat(value: object): boolean {
  const choices = read(value, 'choices');
  return Array.isArray(choices) && itemsOf(choices).every(isEmptyChoice);
}

function isEmptyChoice(choice: unknown): boolean {
  const delta = read(choice, 'delta');
  if (!isObject(delta) || !isBlank(read(choice, 'finish_reason'))) return false;
  return Object.entries(delta).every(([name, part]) => name === 'role' || isBlank(part));
}

/** Google: a chunk without parts that does not end the answer. */
function isEmptyCandidate(value: object): boolean {
  if (!('candidates' in value) && !('usageMetadata' in value)) return false;
  if (!isBlank(read(value, 'promptFeedback'))) return false;
  return itemsOf(read(value, 'candidates')).every(
    (candidate) =>
      isBlank(read(candidate, 'finishReason')) && itemsOf(read(read(candidate, 'content'), 'parts')).length === 0,
  );
}

const isBlank = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
