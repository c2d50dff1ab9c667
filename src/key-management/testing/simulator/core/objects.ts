import type { Answer, Call, Headers, JsonObject } from './call';

/** What one organization sees of the vendor's objects. */
export interface OrganizationObjects {
  readonly organization: string;
  /** Undefined for what does not exist, or belongs to another organization: vendors do not tell which. */
  find(id: string): JsonObject | undefined;
  make(id: string, value: object): void;
  drop(id: string): void;
}

/** How a vendor answers calls to objects, and what its generations do with them. */
export interface ObjectsVoice {
  /** A call to a path whose endpoint's operation is `objects`. */
  answer(call: Call, objects: OrganizationObjects): Answer;
  /** The refusal of a generation that names what its organization does not have. */
  missing(call: Call, objects: OrganizationObjects): Answer | undefined;
  /** What a generation leaves behind, before it is answered. */
  made?(call: Call, objects: OrganizationObjects): void;
  /** Of every answer to a key whose organization was scripted. */
  headers?(organization: string): Headers;
}

/** Files, batches, responses …: each belongs to the organization of the key that made it. A key is its own organization until it is scripted. */
export class VendorObjects {
  readonly #objects = new Map<string, { readonly organization: string; readonly value: object }>();
  readonly #organizations = new Map<string, string>();

  organize(keys: readonly string[], organization: string): void {
    for (const key of keys) this.#organizations.set(key, organization);
  }

  /** The name that was scripted for the key's organization. */
  nameOf(key: string): string | undefined {
    return this.#organizations.get(key);
  }

  seenBy(key: string): OrganizationObjects {
    const organization = this.#organizations.get(key) ?? key;
    return {
      organization,
      find: (id) => {
        const object = this.#objects.get(id);
        return object?.organization === organization ? (object.value as JsonObject) : undefined;
      },
      make: (id, value) => void this.#objects.set(id, { organization, value }),
      drop: (id) => void this.#objects.delete(id),
    };
  }

  clear(): void {
    this.#objects.clear();
    this.#organizations.clear();
  }
}

/** Every value under one of these names, wherever it stands in the body; lists are taken apart. */
export function valuesUnder(body: unknown, names: readonly string[]): string[] {
  if (Array.isArray(body)) return body.flatMap((each) => valuesUnder(each, names));
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body).flatMap(([name, value]: [string, unknown]) => {
    if (!names.includes(name)) return valuesUnder(value, names);
    const given = Array.isArray(value) ? (value as unknown[]) : [value];
    return given
      .map((each) => (typeof each === 'object' && each !== null && 'id' in each ? each.id : each))
      .filter((each) => typeof each === 'string');
  });
}
