/** The five characters by which Postgres names an error (SQLSTATE); undefined for what is no answer of a server. */
function codeOf(error: unknown): string | undefined {
  const { code, severity } = (error ?? {}) as { code?: string; severity?: string };
  return severity === undefined ? undefined : code;
}

/** What a server said that ends, or cannot serve, or whose tables are gone: a new connection finds the right one, or makes them anew. */
const ELSEWHERE = /^(?:08|57P|42P01$|42883$|3F000$)/;

/** Whether to leave this connection, and look for the server anew. Disk, memory or rights that lack are mended on the server. */
export const wantsNewConnection = (error: unknown): boolean => ELSEWHERE.test(codeOf(error) ?? '08');

/** Whether the changes themselves are to blame: a number out of range, a text too long for an index. */
export const isAboutTheData = (error: unknown): boolean => /^(?:22|54)/.test(codeOf(error) ?? '');

/** This server follows another. */
export class IsStandby extends Error {
  constructor() {
    super('it is a standby, which takes no writes');
  }
}

const MENDS: readonly (readonly [RegExp, string])[] = [
  [/^28/, 'Check the user and the password.'],
  [/^3D000$/, 'Make the database, or correct its name.'],
  [
    /^42501$/,
    'Its user lacks a right: CREATE on the schema for the first start, later SELECT, INSERT, UPDATE and DELETE on the tables ai_keys_*.',
  ],
  [/^3F000$/, 'The search_path names no schema in which tables can be made.'],
  [/^25006$/, 'It is read-only: a standby, or a server that its operator or a full disk made so.'],
  [/^53100$/, 'Its disk is full.'],
  [/^53200$/, 'Its memory is full.'],
  [/^53300$/, 'It has too many connections: each instance needs two.'],
  [/^57P03$/, 'It starts or recovers; it is tried again until it serves.'],
  [/^57014$|^55P03$/, 'It took too long, or waited for a lock that somebody else holds on the tables ai_keys_*.'],
];

/** What an operator should do about the error, where that is known. */
export function mendFor(error: unknown): string | undefined {
  if (error instanceof IsStandby)
    return 'The settings must lead to the primary; it is looked for again, as after a failover.';
  const code = codeOf(error);
  return code === undefined ? undefined : MENDS.find(([pattern]) => pattern.test(code))?.[1];
}

export function messageOf(error: unknown): string {
  const { message, code, errors } = (error ?? {}) as { message?: string; code?: string; errors?: Error[] };
  // Node names no reason where it tried several addresses of one name.
  return message || errors?.map((each) => each.message).join('; ') || code || String(error);
}
