import { HttpException } from '@nestjs/common';
import type { StoreUnavailableError } from '../errors';

/** What is wrong with one field of a request. */
export interface FieldProblem {
  field: string;
  problem: string;
}

/** A refusal in this API's own words, with what belongs to it. */
export class ApiProblem extends HttpException {
  readonly problems: readonly FieldProblem[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Further fields of the answer. */
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    message: string,
    {
      problems,
      headers = {},
      facts = {},
    }: {
      problems?: readonly FieldProblem[];
      headers?: Record<string, string>;
      facts?: Record<string, unknown>;
    } = {},
  ) {
    super(message, status);
    this.problems = problems;
    this.headers = headers;
    this.facts = facts;
  }
}

/** 503: the change could not be kept in time. What became of it is in the answer. */
export const notKept = (
  { message, code, applied, willBeWritten }: StoreUnavailableError,
  facts: Record<string, unknown> = {},
): ApiProblem => new ApiProblem(503, message, { facts: { code, applied, will_be_written: willBeWritten, ...facts } });

const refusal = (status: number, problems: readonly FieldProblem[]): ApiProblem =>
  new ApiProblem(status, problems.map(({ field, problem }) => `${field}: ${problem}`).join('; '), { problems });

/** 400, naming every field. */
export const invalidRequest = (problems: readonly FieldProblem[]): ApiProblem => refusal(400, problems);

/** 409, naming every field. */
export const conflict = (problems: readonly FieldProblem[]): ApiProblem => refusal(409, problems);
