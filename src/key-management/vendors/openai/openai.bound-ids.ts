import type { BoundIds, BoundKind } from '../contract/bound-ids';
import { code, message, status, type } from '../contract/rule';

const NOT_FOUND: BoundIds['notFound'] = [
  [code('previous_response_not_found')],
  // Not a model, and not a path that the vendor does not have.
  [
    status(404),
    type('invalid_request_error', 'not_found_error'),
    message(/^(?!the model\b|model\b|invalid url\b|unknown request url\b|project `)/i),
  ],
  [
    status(400),
    message(
      /^(?:(?:previous )?response|conversation|container|vector stores?|files?|input file|upload|batch)\b.{0,300}\b(?:not found|does not exist|not exist)/i,
    ),
  ],
];

const STORE_FALSE = /"store"\s{0,8}:\s{0,8}false\b/;
const FILE_FIELDS = [
  'file_id',
  'file_ids',
  'input_file_id',
  'output_file_id',
  'error_file_id',
  'training_file',
  'validation_file',
];

/** OpenAI's own objects, whose ids have a form. Those of files, vector stores and conversations live until somebody deletes them. */
const KINDS: readonly BoundKind[] = [
  {
    kind: 'response',
    collections: ['responses'],
    actions: ['compact', 'input_tokens'],
    fields: ['previous_response_id'],
    like: /^resp_/,
    notMadeBy: STORE_FALSE,
  },
  { kind: 'conversation', collections: ['conversations'], fields: ['conversation'], like: /^conv_/, keptDays: 180 },
  // Azure's files begin with `assistant-`.
  {
    kind: 'file',
    collections: ['files'],
    fields: FILE_FIELDS,
    like: /^(?:file|assistant)[-_]/,
    toldBy: [{ path: '/complete' }],
    keptDays: 180,
  },
  { kind: 'upload', collections: ['uploads'], like: /^upload_/, keptDays: 2 },
  { kind: 'batch', collections: ['batches'], like: /^batch_/ },
  {
    kind: 'vector store',
    collections: ['vector_stores'],
    fields: ['vector_store_id', 'vector_store_ids'],
    like: /^vs_/,
    keptDays: 180,
  },
  {
    kind: 'container',
    collections: ['containers'],
    fields: ['container', 'container_id'],
    like: /^cntr_/,
    toldBy: [{ path: '/responses', where: /"code_interpreter"/ }],
    keptDays: 2,
  },
  { kind: 'fine-tuning job', collections: ['fine_tuning/jobs'], like: /^ftjob-/, keptDays: 180 },
  { kind: 'video', collections: ['videos'], like: /^video_/, keptDays: 2 },
  { kind: 'assistant', collections: ['assistants'], fields: ['assistant_id'], like: /^asst_/, keptDays: 180 },
  { kind: 'thread', collections: ['threads'], fields: ['thread_id'], like: /^thread_/, keptDays: 180 },
];

export const openAiBoundIds: BoundIds = { kinds: KINDS, notFound: NOT_FOUND };

/** Of vendors that speak OpenAI's format: the objects that several of them have, whose ids may look like anything. */
export const compatibleBoundIds: BoundIds = {
  kinds: [
    {
      kind: 'response',
      collections: ['responses'],
      actions: ['compact', 'input_tokens'],
      fields: ['previous_response_id'],
      notMadeBy: STORE_FALSE,
    },
    { kind: 'file', collections: ['files'], fields: FILE_FIELDS, keptDays: 180 },
    { kind: 'batch', collections: ['batches'] },
  ],
  notFound: [
    ...NOT_FOUND,
    [
      status(404),
      message(/\b(?:no such (?:file|batch|response)|(?:file|batch|response)\b.{0,300}\b(?:not found|does not exist))/i),
    ],
  ],
};
