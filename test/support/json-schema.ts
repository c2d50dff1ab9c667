/** OpenAPI 3.0 says `exclusiveMinimum: true` where JSON Schema names the number. */
export function asJsonSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(asJsonSchema);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { exclusiveMinimum, minimum, ...rest } = schema as Record<string, unknown>;
  const bounds = exclusiveMinimum === true ? { exclusiveMinimum: minimum } : minimum === undefined ? {} : { minimum };
  const copy = { ...rest, ...bounds };
  return Object.fromEntries(Object.entries(copy).map(([name, value]) => [name, asJsonSchema(value)]));
}
