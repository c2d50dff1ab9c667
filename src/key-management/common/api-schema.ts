import { z } from 'zod';

const COMPONENTS = z.registry<{ id: string }>();
const pathOf = (id: string): string => `#/components/schemas/${id}`;

/**
 * Names a schema as a component of the OpenAPI document, which then refers to it wherever the schema is used.
 * @param id Public: clients are generated with this name. Unique.
 */
export function named<T extends z.ZodType>(id: string, schema: T): T {
  COMPONENTS.add(schema, { id });
  return schema;
}

/** A component that is an object with these fields, and perhaps others: of an answer, which may have more in a later version. */
export const component = <T extends z.ZodRawShape>(id: string, shape: T) => named(id, z.object(shape));

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

/*
 * Fields of answers, with an example and a description for the document. They are not checked at run time.
 */

export const text = (example?: string, description?: string) => z.string().meta({ example, description });
export const nullableText = (example: string | null = null, description?: string) =>
  z.string().nullable().meta({ example, description });
/** A time in ISO 8601. */
export const time = (description?: string) => z.string().meta({ format: 'date-time', description });
export const nullableTime = (description?: string, example: string | null = '2026-11-01T12:00:00.000Z') =>
  z.string().nullable().meta({ format: 'date-time', example, description });
export const number = (example?: number, description?: string) => z.number().meta({ example, description });
export const nullableNumber = (example: number | null, description?: string) =>
  z.number().nullable().meta({ example, description });
/** A whole number. zod's own `int` would write the bounds of safe integers into the document. */
export const integer = (example?: number, description?: string) =>
  z.number().meta({ type: 'integer', example, description });
export const flag = (example: boolean, description?: string) => z.boolean().meta({ example, description });
export const oneOf = <const T extends string>(names: readonly T[], example?: T, description?: string) =>
  z.enum(names).meta({ example, description });
/** OpenAPI 3.0 wants null among the names, too. */
export const nullableOneOf = <const T extends string>(names: readonly T[], example: T, description?: string) =>
  z
    .enum(names)
    .nullable()
    .meta({ enum: [...names, null], example, description });
export const listOf = <T extends z.ZodType>(schema: T, description?: string) => z.array(schema).meta({ description });
