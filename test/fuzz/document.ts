import { ADMIN } from './target';

interface Parameter {
  readonly name: string;
  schema: object;
}
export interface Document {
  readonly paths: Record<string, Record<string, { readonly parameters?: Parameter[] }>>;
}

/**
 * The app's own document, with what only the app can know put in: an id that exists, and cursors that were given out. Made-up ones
 * would end most requests at their first check.
 */
export async function documentOf(url: string): Promise<Document> {
  const ask = async <T>(path: string): Promise<T> =>
    (await (await fetch(url + path, { headers: { authorization: `Bearer ${ADMIN}` } })).json()) as T;
  const document = await ask<Document>('/docs-json');
  const keys = await ask<{ keys: { id: string }[]; next_cursor: string }>('/admin/providers/openai/keys?limit=1');
  const events = await ask<{ next_cursor: string }>('/admin/events?limit=1');
  const analytics = await ask<{ next_cursor: string }>('/analytics/openai?limit=1');
  const cursors: Readonly<Record<string, string>> = {
    '/admin/providers/{provider}/keys': keys.next_cursor,
    '/admin/events': events.next_cursor,
    // An app that has just started has no failed calls; its cursors are numbers of them, as those of events are of events.
    '/admin/failed-calls': events.next_cursor,
    '/analytics/{provider}': analytics.next_cursor,
  };
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const parameter of Object.values(operations).flatMap(({ parameters = [] }) => parameters)) {
      if (parameter.name === 'id') parameter.schema = { ...parameter.schema, example: keys.keys[0]!.id };
      if (parameter.name === 'cursor') parameter.schema = { type: 'string', enum: [cursors[path]] };
    }
  }
  return document;
}
