// Fetch's types out of Node's own: the names of TypeScript's DOM library are unknown where servers are compiled.
export type FetchInput = Parameters<typeof globalThis.fetch>[0];
export type FetchBody = NonNullable<RequestInit['body']>;
export type FetchRedirect = NonNullable<RequestInit['redirect']>;
