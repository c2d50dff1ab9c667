import type { PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { invalidRequest, type FieldProblem } from '../api-problem';
import { hostileInput, shownName } from './hostile-input';

const MOST_PROBLEMS = 20;

/** Checks a part of a request by its schema. A refusal names the fields, and never a value. */
export class SchemaPipe<T> implements PipeTransform<unknown, T> {
  /**
   * @param schema Asked for at the first request.
   * @param name What a problem of the part as a whole is said of: `body`, `query`, or the name of a parameter in the path.
   */
  constructor(
    private readonly schema: () => z.ZodType<T>,
    private readonly name: string,
  ) {}

  /** @throws ApiProblem 400 */
  transform(value: unknown): T {
    const { data, error } = this.schema().safeParse(value);
    if (error) throw invalidRequest(fieldProblems(error.issues, this.name));
    return data;
  }
}

/** The same for a body or a query: an object of bounded size and depth, or nothing. */
export class ObjectPipe<T> extends SchemaPipe<T> {
  constructor(
    schema: () => z.ZodType<T>,
    private readonly root: 'body' | 'query',
    /** Of a list. */
    private readonly mostItems?: number,
  ) {
    super(schema, root);
  }

  override transform(value: unknown = {}): T {
    const problem = hostileInput(value, this.root, this.mostItems);
    if (problem) throw invalidRequest([problem]);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalidRequest([{ field: this.root, problem: 'must be a JSON object' }]);
    }
    return super.transform(value);
  }
}

/** The first problem of each field; those of unknown fields stand before those of their siblings. */
function fieldProblems(issues: readonly z.core.$ZodIssue[], root: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const issue of issues) {
    if (problems.length >= MOST_PROBLEMS) break;
    const path = issue.path.map((name) => shownName(String(name)));
    if (issue.code === 'unrecognized_keys') {
      const within = path.map((name) => `${name}.`).join('');
      const unknown = issue.keys.map((name) => ({
        field: within + shownName(name),
        problem: 'is not a field of this request',
      }));
      const place = problems.findIndex(({ field }) => field.startsWith(within));
      problems.splice(place < 0 ? problems.length : place, 0, ...unknown);
      continue;
    }
    // A rule for each value of a list is one of the list.
    const field = (issue.message.startsWith('each value') ? path.slice(0, -1) : path).join('.') || root;
    if (problems.at(-1)?.field !== field) problems.push({ field, problem: issue.message });
  }
  return problems.slice(0, MOST_PROBLEMS);
}
