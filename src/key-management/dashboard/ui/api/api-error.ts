export interface FieldProblem {
  field: string;
  problem: string;
}

/** An answer that is no success, or none at all (`status` 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly problems: readonly FieldProblem[] = [],
    /** A change is in force, but the store has not taken it; with what an answer of 200 would have said. */
    readonly notKept?: Readonly<Record<string, unknown>>,
  ) {
    super(message);
    this.name = 'ApiError';
  }

  get offline(): boolean {
    if (this.notKept) return false;
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

interface ErrorBody {
  message?: unknown;
  problems?: unknown;
  code?: unknown;
  applied?: unknown;
}

export async function errorOf(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as ErrorBody;
  const message = typeof body.message === 'string' ? body.message : `The server answered ${response.status}.`;
  const problems = Array.isArray(body.problems) ? (body.problems as FieldProblem[]) : [];
  const isNotKept = body.code === 'STORE_UNAVAILABLE' && body.applied === true;
  return new ApiError(response.status, message, problems, isNotKept ? { ...body } : undefined);
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
