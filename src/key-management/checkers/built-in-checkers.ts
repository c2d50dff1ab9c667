import type { Clock } from '../common/clock';
import type { ResolvedOptions } from '../configuration/resolved-options';
import type { Outcome } from '../vendors/contract/outcome';
import { AnthropicHealthChecker } from './anthropic.health-checker';
import type { BaseHealthChecker } from './base-health-checker';
import { CompatibleHealthChecker } from './compatible.health-checker';
import { GoogleHealthChecker } from './google.health-checker';
import { OpenAiHealthChecker } from './openai.health-checker';
import { StatusTableHealthChecker } from './status-table.health-checker';

/** For a provider of which nothing is known but its keys. */
const GENERIC_TABLE: Partial<Record<number, Outcome>> = {
  401: 'invalid_key',
  402: 'quota_exceeded',
  403: 'permission_denied',
  429: 'rate_limited',
  400: 'bad_request',
  404: 'bad_request',
  413: 'bad_request',
  415: 'bad_request',
  422: 'bad_request',
};

/** The checkers of this package: one per vendor, and one per provider that the options name. */
export function builtInCheckers(options: ResolvedOptions, clock: Clock): Map<string, BaseHealthChecker> {
  const checkers = new Map<string, BaseHealthChecker>([
    ['openai', new OpenAiHealthChecker(options, clock)],
    ['anthropic', new AnthropicHealthChecker(options, clock)],
    ['google', new GoogleHealthChecker(options, clock)],
  ]);
  for (const [name, { compatibleWith }] of options.providers) {
    if (compatibleWith === 'openai') checkers.set(name, new CompatibleHealthChecker(name, options, clock));
    else if (!checkers.has(name)) checkers.set(name, StatusTableHealthChecker.generic(GENERIC_TABLE));
  }
  return checkers;
}
