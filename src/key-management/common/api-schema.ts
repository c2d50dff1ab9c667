import { z } from 'zod';

const COMPONENTS = z.registry<{ id: string }>();
const pathOf = (id: string): string => `#/components/schemas/${id}`;

/**
 * Names a schema as a component of the OpenAPI document, which then refers to it wherever the schema is used.
 * @param id Public: clients are generated with this name. Unique.
 */
export function component<T extends z.ZodType>(id: string, schema: T): T {
  COMPONENTS.add(schema, { id });
  return schema;
}

/** A schema of an OpenAPI 3.0 document. */
export interface ApiSchema {
  description?: string;
  properties?: Record<string, object>;
  required?: string[];
  [keyword: string]: unknown;
}

const SETTINGS = { target: 'openapi-3.0', io: 'input', uri: pathOf } as const;

/** All components that are declared so far, by name, as OpenAPI 3.0 writes them. */
export function componentSchemas(): Record<string, ApiSchema> {
  const { schemas } = z.toJSONSchema(COMPONENTS, SETTINGS);
  return Object.fromEntries(Object.entries(schemas).map(([id, { $id: _id, ...schema }]) => [id, schema as ApiSchema]));
}

/** A schema as OpenAPI 3.0 writes it; of a component, the reference to it. */
export function apiSchema(schema: z.ZodType): ApiSchema {
  const component = COMPONENTS.get(schema);
  return component ? { $ref: pathOf(component.id) } : (z.toJSONSchema(schema, SETTINGS) as ApiSchema);
}

/** A whole number. zod's own `int` would write the bounds of safe integers into the document. */
export const integer = z.number().meta({ type: 'integer' });
/** A time as text, in ISO 8601. */
export const dateTime = z.string().meta({ format: 'date-time' });
export const nullableTime = dateTime.nullable().meta({ example: '2026-11-01T12:00:00.000Z' });
/** One of the names, or null: OpenAPI 3.0 wants null among them, too. */
export const nullableEnum = <T extends string>(names: readonly T[]) =>
  z
    .enum(names)
    .nullable()
    .meta({ enum: [...names, null] });
export const nullableText = z.string().nullable().meta({ example: null });
