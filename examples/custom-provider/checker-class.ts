import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import {
  BaseHealthChecker,
  HealthChecker,
  KeyManagementModule,
  type Classification,
  type FormatVerdict,
  type HealthResult,
  type ProbeContext,
  type VendorError,
} from '../../src/key-management';

/** How to check keys of a provider, and what its errors mean. The module finds the class by its decorator. */
@HealthChecker('music')
export class MusicHealthChecker extends BaseHealthChecker {
  readonly #url = process.env.MUSIC_URL ?? 'https://api.music.example';

  /** `light` must cost nothing. `deep` may cost something, and is used where only it shows whether there is quota. */
  async checkHealth(apiKey: string, { depth, signal }: ProbeContext): Promise<HealthResult> {
    const headers = { 'x-music-key': apiKey };
    const answer =
      depth === 'light'
        ? await fetch(`${this.#url}/account`, { headers, signal })
        : await fetch(`${this.#url}/songs`, { method: 'POST', headers, body: '{"seconds":1}', signal });
    if (answer.ok) return { outcome: 'ok' };
    // An error that is thrown here is passed to classifyError as evidence.
    throw Object.assign(new Error('refused'), {
      status: answer.status,
      headers: answer.headers,
      body: await answer.text(),
    });
  }

  /** Codes first: this vendor answers 403 to a dead key as well as to one that has no credits left. */
  classifyError({ status, codes, transport, statedWait }: VendorError): Classification {
    if (transport) return { outcome: transport };
    if (codes.includes('key_revoked')) return { outcome: 'invalid_key', reason: 'key_revoked' };
    if (codes.includes('no_credits')) return { outcome: 'quota_exceeded', reason: 'no_credits' };
    if (status === 429) return { outcome: 'rate_limited', retryAfterMs: statedWait?.ms };
    if (status === 400) return { outcome: 'bad_request' };
    return { outcome: status !== undefined && status >= 500 ? 'server_error' : 'unknown' };
  }

  override validateFormat(apiKey: string): FormatVerdict {
    if (apiKey.startsWith('mus_')) return super.validateFormat(apiKey);
    return { valid: false, reason: 'Keys of the music vendor begin with mus_.' };
  }
}

@Module({
  imports: [
    ScheduleModule.forRoot(),
    KeyManagementModule.forRootAsync({
      useFactory: () => ({ providers: { music: { keys: process.env.MUSIC_API_KEYS?.split(',') } } }),
    }),
  ],
  providers: [MusicHealthChecker],
})
export class CheckerClassModule {}
