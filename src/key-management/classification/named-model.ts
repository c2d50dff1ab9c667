import { redactText } from './redact';

const LONGEST_NAME = 128;

/** How vendors name the model they refuse. Bounded classes between fixed words: linear. */
const REFUSALS: readonly RegExp[] = [
  // OpenAI, Groq: The model `x` does not exist or you do not have access to it. / has been decommissioned
  /^the (?:requested )?model [`'"]([^`'"]{1,256})[`'"] (?:does not exist|has been|is not|was not|cannot be)/i,
  // OpenAI: Your organization must be verified to use the model `x`. / Project `p` does not have access to model `x`.
  /(?:to use the|access to(?: the)?) model [`'"]([^`'"]{1,256})[`'"]/i,
  // Anthropic: model: x
  /^model: ?(\S{1,256})/i,
  // Google: models/x is not found for API version v1beta / is no longer available
  /^(?:publisher )?(?:model )?models\/(.{1,256}?) (?:is not (?:found|supported)|is no longer available|not found)/i,
  // Google, free tier without this model: … limit: 0, model: x
  /limit: 0, model: ([\w.:/-]{1,128})/i,
];

/**
 * The model that a vendor names in its refusal, redacted and at most 128 characters. The name is the caller's own text and
 * may be anything: use it to match the model of a call, not to decide on a key.
 */
export function modelNamedIn(message: string, secrets: readonly string[] = []): string | undefined {
  for (const refusal of REFUSALS) {
    const name = refusal.exec(message)?.[1];
    if (name) return redactText(name, secrets, LONGEST_NAME) || undefined;
  }
  return undefined;
}

/** Whether every "limit: N" of a Google quota message is 0: the project has no access to the model at all. */
export function allLimitsZero(message: string): boolean {
  const limits = [...message.matchAll(/\blimit: ?(\d{1,15})\b/gi)];
  return limits.length > 0 && limits.every((limit) => Number(limit[1]) === 0);
}
