import type { BodyFacts } from './body-facts';
import { httpStatusOf } from './safe-read';

/** What an Anthropic error type stands for, as the vendor documents it. Google states a number; OpenAI has codes alone. */
const STATUS_OF_TYPE: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  conflict_error: 409,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

/** The HTTP status that an error inside a 200 answer stands for: its numeric code, else its type's. */
export function statusInBody(facts: BodyFacts): number | undefined {
  for (const code of facts.codes) {
    const status = httpStatusOf(code);
    if (status !== undefined && status >= 400) return status;
  }
  for (const type of facts.types) {
    if (Object.hasOwn(STATUS_OF_TYPE, type)) return STATUS_OF_TYPE[type];
  }
  return undefined;
}
