import type { BoundIds } from '../contract/bound-ids';
import { code, message, status } from '../contract/rule';

/** What the Gemini API keeps in a project. Most of it is named by its collection: `files/abc`, in URLs too. */
export const googleBoundIds: BoundIds = {
  kinds: [
    {
      kind: 'file',
      collections: ['files'],
      fields: ['fileUri', 'file_uri', 'uri', 'fileName', 'file_name', 'responsesFile', 'responses_file'],
      idField: 'name',
      isNamed: true,
      keptDays: 2,
    },
    {
      kind: 'cached content',
      collections: ['cachedContents'],
      fields: ['cachedContent', 'cached_content'],
      idField: 'name',
      isNamed: true,
      keptDays: 2,
    },
    {
      kind: 'batch',
      collections: ['batches'],
      idField: 'name',
      isNamed: true,
      toldBy: [{ path: ':batchGenerateContent' }, { path: ':asyncBatchEmbedContent' }],
    },
    {
      kind: 'operation',
      collections: ['operations'],
      idField: 'name',
      isNamed: true,
      toldBy: [{ path: ':predictLongRunning' }, { path: ':uploadToFileSearchStore' }, { path: ':importFile' }],
      keptDays: 2,
    },
    {
      kind: 'file search store',
      collections: ['fileSearchStores'],
      fields: ['fileSearchStoreNames', 'file_search_store_names', 'fileSearchStoreName'],
      idField: 'name',
      isNamed: true,
      keptDays: 180,
    },
    { kind: 'tuned model', collections: ['tunedModels'], idField: 'name', isNamed: true, keptDays: 180 },
    { kind: 'interaction', collections: ['interactions'], fields: ['previous_interaction_id'] },
  ],
  notFound: [
    [
      status(403, 404),
      message(
        /^(?:you do not have permission to access (?:the file|this)|cachedcontent not found|not found: cached content|requested entity was not found)/i,
      ),
    ],
    [
      status(404),
      message(/^(?:file|operation|batch|cached content|interaction|file search store|corpus)\b.{0,300}\bnot found/i),
    ],
    [status(404), code('not_found')],
  ],
};
