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

  constructor(
    status: number,
    message: string,
    { problems, headers = {} }: { problems?: readonly FieldProblem[]; headers?: Record<string, string> } = {},
  ) {
    super(message, status);
    this.problems = problems;
    this.headers = headers;
  }
}

/** 400, naming every field. */
export const invalidRequest = (problems: readonly FieldProblem[]): ApiProblem =>
  new ApiProblem(400, problems.map(({ field, problem }) => `${field}: ${problem}`).join('; '), { problems });
