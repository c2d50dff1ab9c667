import type { Role } from './access.decorator';

/** What Express and Fastify requests have in common, as far as this API reads them. */
export interface ApiRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The client's address, behind a proxy only where the host app trusts it. */
  readonly ip?: string;
  readonly params?: Readonly<Record<string, string>>;
}

/** Who makes a request. */
export interface Actor {
  role?: Role;
}

const ACTORS = new WeakMap<object, Actor>();

/** Kept beside the request, not on it: a host app's own code can neither see nor set it. */
export function actorOf(request: object): Actor {
  let actor = ACTORS.get(request);
  if (!actor) ACTORS.set(request, (actor = {}));
  return actor;
}
