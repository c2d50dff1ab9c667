import { invalidRequest } from '../api-problem';

/** Where a page of a list ended. Opaque to clients. */
export const cursorOf = (position: string): string => Buffer.from(position).toString('base64url');

/** @throws ApiProblem if the cursor is none that was given out. */
export function positionOf(cursor: string | undefined, form: RegExp): string | undefined {
  if (cursor === undefined) return undefined;
  const position = Buffer.from(cursor, 'base64url').toString();
  if (form.test(position) && cursorOf(position) === cursor) return position;
  throw invalidRequest([{ field: 'cursor', problem: 'must be the next_cursor of the page before' }]);
}
