import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { read } from '../classification/evidence/safe-read';
import { cancelResponseBody } from '../common/cancel-response-body';
import type { Clock, Random } from '../common/clock';
import { logLine } from '../common/log-line';
import { within } from '../common/settles-within';
import type { ResolvedOptions } from '../configuration/resolved-options';
import { webhookSigningKey } from '../configuration/webhook-options';
import { hears } from '../events/on-key-event';
import { CLOCK, INSTANCE_ID, RANDOM, RESOLVED_OPTIONS } from '../key-management.constants';
import type { KeyEvent } from '../pool/key-events';
import { KeyPoolService } from '../pool/key-pool.service';
import { PersistenceService } from '../store/persistence.service';
import type { Answer } from './delivery';
import { OutgoingMessages, type OutgoingMessage } from './outgoing-messages';
import { bodyOf, groupOf, identityOf, lockOf, messageId, nameIn, REPEAT_MS, signedHeaders } from './webhook-message';

/** The longest that one try may take. Milliseconds. */
const TRY_TIMEOUT_MS = 10_000;
/** Identities of events that are remembered, the latest of them. */
const MOST_REMEMBERED = 10_000;

/**
 * Sends events to the webhook of the options. Of the instances that share a store, the one that first takes the lock of an event sends it. Nothing that
 * the receiver does reaches a call.
 */
@Injectable()
export class WebhookService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('KeyManagement');
  /** What was last told of each group of events, and when; the longest ago first. Milliseconds since the epoch. */
  readonly #told = new Map<string, { readonly identity: string; readonly at: number }>();
  /** Events whose lock is being asked for. */
  readonly #asking = new Set<Promise<void>>();
  readonly #app: string;
  readonly #messages: OutgoingMessages;
  /** Tries under way, given up when the app ends. */
  readonly #controllers = new Set<AbortController>();
  #subscription: Subscription | undefined;

  constructor(
    private readonly pools: KeyPoolService,
    private readonly persistence: PersistenceService,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RANDOM) random: Random,
    @Inject(INSTANCE_ID) instanceId: string,
  ) {
    const { kind, url, namespace } = options.store;
    this.#app = persistence.link.shared ? `${kind} ${url?.reveal() ?? ''} ${namespace}` : instanceId;
    this.#messages = new OutgoingMessages((message) => this.#try(message), this.#listener, clock, random);
  }

  /** How many messages ended how; undefined without a webhook. */
  get figures() {
    return this.options.webhook && { ...this.#messages.counts, waiting: this.#messages.length };
  }

  onApplicationBootstrap(): void {
    const { webhook } = this.options;
    if (webhook === undefined) return;
    this.#subscription = this.pools.events$.subscribe((event) => {
      // What another instance tells, it sends. What was restored is old.
      if (event.by === 'store' || event.by === 'instance' || !hears(webhook.events, event)) return;
      const asking = this.#tell(event).finally(() => this.#asking.delete(asking));
      this.#asking.add(asking);
    });
  }

  /** Sends what waits, within `drainTimeoutMs`. */
  async beforeApplicationShutdown(): Promise<void> {
    if (this.#subscription === undefined) return;
    const { drainTimeoutMs } = this.options;
    const endsAt = this.clock.now() + drainTimeoutMs;
    await within(drainTimeoutMs, Promise.all(this.#asking), this.clock);
    this.#subscription.unsubscribe();
    const lost = await this.#messages.close(Math.max(0, endsAt - this.clock.now()));
    for (const controller of this.#controllers) controller.abort();
    if (lost > 0) this.#logger.warn(logLine('webhook messages lost at the end of the app', { lost }));
  }

  async #tell(event: KeyEvent): Promise<void> {
    const { link } = this.persistence;
    const identity = identityOf(event);
    const now = this.clock.now();
    const group = groupOf(event, identity);
    const last = this.#told.get(group);
    if (last?.identity === identity && now - last.at < REPEAT_MS) {
      this.#messages.counts.suppressed += 1;
      return;
    }
    this.#remember(group, identity, now);
    if (last !== undefined && last.identity !== identity) await link.unlock(lockOf(last.identity));
    // Without the store every instance sends, under the same id.
    if (await link.lock(lockOf(identity), REPEAT_MS)) {
      const body = bodyOf(event, nameIn(event, this.options.webhook!.events));
      this.#messages.push({ id: messageId(this.#app, identity, event.at.getTime()), body });
    } else {
      this.#messages.counts.suppressed += 1;
    }
  }

  #remember(group: string, identity: string, at: number): void {
    this.#told.delete(group);
    this.#told.set(group, { identity, at });
    if (this.#told.size > MOST_REMEMBERED) this.#told.delete(this.#told.keys().next().value!);
  }

  async #try({ id, body }: OutgoingMessage): Promise<Answer> {
    const { url, secret } = this.options.webhook!;
    const controller = new AbortController();
    this.#controllers.add(controller);
    const cancelTimer = this.clock.after(TRY_TIMEOUT_MS, () => controller.abort(), false);
    try {
      const response = await globalThis.fetch(url.reveal(), {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'nestjs-ai-key-management',
          ...signedHeaders(id, body, webhookSigningKey(secret.reveal()), this.clock.now()),
        },
        body,
        signal: controller.signal,
        redirect: 'manual',
      });
      cancelResponseBody(response);
      return { status: response.status, retryAfter: response.headers.get('retry-after') ?? undefined };
    } catch (error) {
      return { failed: controller.signal.aborted ? 'the receiver did not answer in time' : reasonOf(error) };
    } finally {
      cancelTimer();
      this.#controllers.delete(controller);
    }
  }

  readonly #listener = {
    failing: (why: string): void => this.#logger.warn(logLine('webhook failing', { host: this.#host(), reason: why })),
    recovered: (lost: number): void => this.#logger.log(logLine('webhook recovered', { host: this.#host(), lost })),
  };

  /** The rest of the URL may hold a token. */
  #host(): string {
    return new URL(this.options.webhook!.url.reveal()).host;
  }
}

/** A code of the socket, as `ECONNREFUSED`. What else an error says may quote the URL. */
function reasonOf(error: unknown): string {
  const code = read(read(error, 'cause'), 'code');
  return `the receiver cannot be reached${typeof code === 'string' ? ` (${code})` : ''}`;
}
