import { SecretText } from '../common/secret-text';
import type { HeardKeyEvent } from '../pool/key-events';
import type { WebhookOptions } from './key-management.options';

/** What is sent where the options name no events: what somebody should look at, or may stop looking at. */
export const DEFAULT_WEBHOOK_EVENTS: readonly HeardKeyEvent[] = [
  'key_removed',
  'key_expiring',
  'provider_failing',
  'provider_recovered',
  'usable_keys_low',
  'removals_doubted',
  'budget_threshold',
  'runs_out',
];

/** Where events are sent to. Prints without a secret: tokens may stand in a URL. */
export interface ResolvedWebhook {
  readonly url: SecretText;
  readonly secret: SecretText;
  readonly events: readonly HeardKeyEvent[];
}

export const WEBHOOK_URL_RULE =
  'must be an https URL (http only on loopback) without credentials and fragment, as https://example.com/hooks/keys';
export const MAKE_WEBHOOK_SECRET = 'make one with: echo "whsec_$(openssl rand -base64 32)"';

export function isWebhookUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && !(url.username || url.password || url.hash);
}

const PREFIX = 'whsec_';
const BASE64 = /^[A-Za-z0-9+/]{22,}={0,2}$/;
const SHORTEST = 16;
/** A secret of fewer different characters can be guessed. */
const FEWEST_CHARACTERS = 8;

export const isWebhookSecret = (text: string): boolean =>
  text.length >= SHORTEST &&
  new Set(text).size >= FEWEST_CHARACTERS &&
  (!text.startsWith(PREFIX) || BASE64.test(text.slice(PREFIX.length)));

/** The key of the signatures: what `whsec_` stands before is base64, any other text is taken as it is. */
export const webhookSigningKey = (secret: string): Buffer =>
  secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : Buffer.from(secret);

export const resolveWebhook = ({ url, secret, events }: WebhookOptions): ResolvedWebhook => ({
  url: new SecretText(url),
  secret: new SecretText(secret),
  events: [...new Set(events ?? DEFAULT_WEBHOOK_EVENTS)],
});
