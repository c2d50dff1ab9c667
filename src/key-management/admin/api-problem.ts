import { HttpException } from '@nestjs/common';

/** What is wrong with one field of a request. */
export interface FieldProblem {
  field: string;
  problem: string;
}

/** A refusal in this API's own words, with what belongs to it. */
export class ApiProblem extends HttpException {
  readonly problems: readonly FieldProblem[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Which failed call it is, for programs. */
  readonly code: string | undefined;

  constructor(
    status: number,
    message: string,
    {
      problems,
      headers = {},
      code,
    }: { problems?: readonly FieldProblem[]; headers?: Record<string, string>; code?: string } = {},
  ) {
    super(message, status);
    this.problems = problems;
    this.headers = headers;
    this.code = code;
  }
}

/** 400, naming every field. */
export const invalidRequest = (problems: readonly FieldProblem[]): ApiProblem =>
  new ApiProblem(400, problems.map(({ field, problem }) => `${field}: ${problem}`).join('; '), { problems });
