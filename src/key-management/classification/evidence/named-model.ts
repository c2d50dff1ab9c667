import { redactText } from '../redaction/redact';

const LONGEST_NAME = 128;

/** How vendors name the model they refuse. Bounded classes between fixed words: linear. */
const REFUSALS: readonly RegExp[] = [
  // OpenAI, Groq, Volcengine: The model `x` does not exist or you do not have access to it. / has been decommissioned
  /^the (?:requested )?model(?: or endpoint)? [`'"]([^`'"]{1,256})[`'"] (?:does not exist|has been|is not|was not|cannot be)/i,
  // xAI, Volcengine: The model grok-x does not exist
  /^the model(?: or endpoint)? ([^\s`'"]{1,256}) (?:does not exist|is not|was not)/i,
  // OpenAI: Your organization must be verified to use the model `x`. / Project `p` does not have access to model `x`.
  /(?:to use the|access to(?: the)?) model [`'"]([^`'"]{1,256})[`'"]/i,
  // Ollama, Cohere, Mistral: model "x" not found, try pulling it first / Invalid model: x
  /^model [`'"]([^`'"]{1,256})[`'"] (?:not found|is not|does not exist)/i,
  /^invalid model: ?[`'"]?([^\s`'"]{1,256})/i,
  // Together: Unable to access model x. / Volcengine: Your account 1 has not activated the model x.
  /(?:unable to access|not activated)(?: the)? model [`'"]?([^\s`'"]{1,256})/i,
  // Anthropic: model: x
  /^model: ?(\S{1,256})/i,
  // Google: models/x is not found for API version v1beta / This model models/x is no longer available
  /^(?:this )?(?:publisher )?(?:model )?models\/(.{1,256}?) (?:is not (?:found|supported)|is no longer available|not found)/i,
];

/** How vendors name the model whose limit is reached. Each may stand several times in one message: once per limit. */
const LIMITS: readonly RegExp[] = [
  // OpenAI: Rate limit reached for x in organization org-… / Groq: Rate limit reached for model `x` in organization `org_…`
  /rate limit (?:reached|exceeded) for (?:the )?(?:model:? )?[`'"]?([^\s`'",;]{1,256})[`'"]? (?:in|on|\(for)/gi,
  // Google: Quota exceeded for metric: …, limit: 10, model: x / Anthropic: … rate limit of 8,000 … (org: …, model: x).
  /(?:limit: \d{1,15}|org: [\w-]{1,128}), model: ([\w.:/@-]{1,256})/gi,
  // xAI: Too many requests for team … and model x.
  /too many requests for [^`'"]{1,120}?\bmodel:? [`'"]?([\w.:/@-]{1,256})/gi,
  // Together and gateways: the rate limit specific to this model x / rate limit for model x
  /(?:rate[- ]?limit|quota|limit)(?:ed|s)? [^.`'"]{0,60}?(?:for|of|to)(?: the| this)? model:? [`'"]?([\w.:/@-]{1,256})/gi,
  // OpenRouter: vendor/model:free is temporarily rate-limited upstream
  /^([\w.-]{1,64}\/[\w.:-]{1,128}) is temporarily rate-limited/gi,
];
/** Words that follow "model" in a sentence and are no name. */
const NO_NAME = /^(?:is|was|has|in|on|at|and|or|of|for|to|per|that|which|this|the|you|your|exceeded|reached|please)$/i;

/**
 * The model that a vendor names in its refusal, redacted and at most 128 characters; undefined where it names none, or several. The name is
 * the caller's own text and may be anything: use it to match the model of a call, not to decide on a key.
 */
export function modelNamedIn(message: string, secrets: readonly string[] = []): string | undefined {
  const name = refusedModel(message) ?? limitedModel(message);
  return name === undefined ? undefined : redactText(name, secrets, LONGEST_NAME) || undefined;
}

function refusedModel(message: string): string | undefined {
  for (const refusal of REFUSALS) {
    const name = nameIn(refusal.exec(message));
    if (name !== undefined) return name;
  }
  return undefined;
}

function limitedModel(message: string): string | undefined {
  for (const limit of LIMITS) {
    const names = new Set(Array.from(message.matchAll(limit), nameIn));
    names.delete(undefined);
    const [first] = names;
    if (first !== undefined) return names.size === 1 ? first : undefined;
  }
  return undefined;
}

/** Without the end of the sentence that it stood in. */
function nameIn(found: RegExpExecArray | null): string | undefined {
  const name = found?.[1]?.replace(/[.,;:)]{1,4}$/, '');
  return name && !NO_NAME.test(name) ? name : undefined;
}

/** Whether every "limit: N" of a Google quota message is 0: the project has no access to the model at all. */
export function allLimitsZero(message: string): boolean {
  const limits = [...message.matchAll(/\blimit: ?(\d{1,15})\b/gi)];
  return limits.length > 0 && limits.every((limit) => Number(limit[1]) === 0);
}
