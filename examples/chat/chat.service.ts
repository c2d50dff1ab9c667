import { Inject, Injectable } from '@nestjs/common';
import OpenAI from 'openai';
// In your app: from 'nestjs-ai-key-management'.
import { RESOLVED_OPTIONS, RetryExecutorService, type ResolvedOptions } from '../../src/key-management';
import type { ChatAnswer, ChatRequest } from './chat.dto';

/** Milliseconds for a whole call, and for one attempt of it. */
const CALL_TIMEOUT_MS = 60_000;
const ATTEMPT_TIMEOUT_MS = 30_000;

@Injectable()
export class ChatService {
  readonly #baseURL: string | undefined;

  constructor(
    private readonly executor: RetryExecutorService,
    @Inject(RESOLVED_OPTIONS) options: ResolvedOptions,
  ) {
    const baseUrl = options.providers.get('openai')?.baseUrl;
    this.#baseURL = baseUrl && `${baseUrl}/v1`;
  }

  /** @throws KeyManagementError */
  async ask({ message, model = 'gpt-5-nano' }: ChatRequest, signal: AbortSignal): Promise<ChatAnswer> {
    const result = await this.executor.execute(
      'openai',
      async ({ apiKey, fetch, signal: attemptSignal }) => {
        // The executor retries, with other keys too, so the SDK must not.
        const client = new OpenAI({ apiKey, fetch, baseURL: this.#baseURL, maxRetries: 0 });
        const answer = await client.chat.completions.create(
          { model, messages: [{ role: 'user', content: message }] },
          { signal: attemptSignal },
        );
        return answer.choices[0]?.message.content ?? '';
      },
      { model, signal, timeoutMs: CALL_TIMEOUT_MS, attemptTimeoutMs: ATTEMPT_TIMEOUT_MS },
    );
    if (!result.success) throw result.error;
    const { response, attemptsMade, totalTimeMs } = result;
    return { response, metadata: { attempts: attemptsMade, total_time: totalTimeMs / 1_000 } };
  }
}
