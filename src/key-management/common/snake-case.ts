const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The same fields under names in snake_case, as JSON on the wire has them; times as ISO 8601. */
export const snakeCased = (fields: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]: [string, unknown]) => [
      snakeCase(name),
      value instanceof Date ? value.toISOString() : value,
    ]),
  );
