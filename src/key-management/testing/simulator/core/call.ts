export type Operation = 'models' | 'balance' | 'generate' | 'embed' | 'count_tokens' | 'objects';

export type Surface =
  | 'models'
  | 'model'
  | 'chat'
  | 'responses'
  | 'embeddings'
  | 'messages'
  | 'count_tokens'
  | 'generate_content'
  | 'embed_content'
  | 'objects';

export interface Endpoint {
  readonly surface: Surface;
  readonly operation: Operation;
  /** Google states model and streaming in the path; the others in the body. */
  readonly model?: string;
  readonly stream?: boolean;
}

export interface Credential {
  /** The header's name, or `?key` for a key in the URL. */
  readonly header: string;
  readonly key: string;
}

export type JsonObject = { readonly [name: string]: unknown };

/** One request as the vendor understands it. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly endpoint: Endpoint;
  readonly key: string;
  readonly credentials: readonly Credential[];
  readonly model: string;
  readonly stream: boolean;
  readonly body: JsonObject | undefined;
  readonly bodyBytes: number;
  readonly requestId: string;
  readonly now: number;
  readonly models: readonly string[];
}

export type Headers = Record<string, string>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** What the model says to one call. */
export interface Said {
  readonly words: readonly string[];
  readonly text: string;
  readonly finish: 'stop' | 'length';
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Server-sent events of one answer, ready to be written; `deltas` carry the content, one word each. */
export interface StreamScript {
  readonly head: readonly string[];
  readonly deltas: readonly string[];
  readonly tail: readonly string[];
}

export function json(status: number, body: unknown, headers: Headers = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

export function html(status: number, body: string, headers: Headers = {}): Answer {
  return { status, headers: { 'content-type': 'text/html; charset=UTF-8', ...headers }, body };
}
