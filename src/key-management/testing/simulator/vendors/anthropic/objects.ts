import { json, type Answer, type Call, type Endpoint } from '../../core/call';
import { valuesUnder, type ObjectsVoice, type OrganizationObjects } from '../../core/objects';
import { anthropicError } from './errors';

const OBJECTS: Endpoint = { surface: 'objects', operation: 'objects' };
const PATH = /^\/v1\/(files|messages\/batches)(?:\/([^/]+)(?:\/(content|results|cancel))?)?$/;

export const routeAnthropicObjects = (path: string): Endpoint | undefined => (PATH.test(path) ? OBJECTS : undefined);

const notFound = (call: Call, message: string): Answer =>
  anthropicError(call.requestId, 404, 'not_found_error', message);
const sayFile = (id: string): string => `File not found: ${id}`;

const idOf = (prefix: string, call: Call): string => `${prefix}${call.requestId.slice(4)}`;
const createdAt = (call: Call): string => new Date(call.now).toISOString();

function missing(call: Call, objects: OrganizationObjects): Answer | undefined {
  const file = valuesUnder(call.body, ['file_id']).find((id) => !objects.find(id));
  return file === undefined ? undefined : notFound(call, sayFile(file));
}

function make(call: Call, collection: string, objects: OrganizationObjects): Answer {
  if (collection === 'files') {
    const id = idOf('file_', call);
    objects.make(id, {
      id,
      type: 'file',
      filename: 'a.txt',
      mime_type: 'text/plain',
      size_bytes: 1,
      created_at: createdAt(call),
      downloadable: false,
    });
    return json(200, objects.find(id));
  }
  const refused = missing(call, objects);
  if (refused) return refused;
  const id = idOf('msgbatch_', call);
  const counts = { processing: 0, succeeded: 1, errored: 0, canceled: 0, expired: 0 };
  objects.make(id, {
    id,
    type: 'message_batch',
    processing_status: 'ended',
    request_counts: counts,
    created_at: createdAt(call),
    ended_at: createdAt(call),
    results_url: `http://${String(call.headers.host)}/anthropic/v1/messages/batches/${id}/results`,
  });
  return json(200, objects.find(id));
}

function answer(call: Call, objects: OrganizationObjects): Answer {
  const [, collection = '', id, action] = PATH.exec(call.path)!;
  if (id === undefined) return make(call, collection, objects);
  const found = objects.find(id);
  if (!found) return notFound(call, collection === 'files' ? sayFile(id) : `Message batch ${id} not found.`);
  if (action === 'results')
    return {
      status: 200,
      headers: { 'content-type': 'application/x-jsonl' },
      body: `${JSON.stringify({ custom_id: 'one', result: { type: 'succeeded' } })}\n`,
    };
  if (call.method !== 'DELETE') return json(200, found);
  objects.drop(id);
  return json(200, { id, type: `${collection === 'files' ? 'file' : 'message_batch'}_deleted` });
}

export const anthropicObjects: ObjectsVoice = {
  answer,
  missing,
  headers: (organization) => ({ 'anthropic-organization-id': organization }),
};
