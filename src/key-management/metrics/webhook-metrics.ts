import type { Registry } from 'prom-client';
import type { WebhookService } from '../alerts/webhook.service';
import { scrapedCounter, scrapedGauge } from './scraped';

const RESULTS = ['sent', 'failed', 'dropped', 'suppressed'] as const;

/** Registers the metrics of the webhook, where there is one. */
export function registerWebhookMetrics(registry: Registry, webhook: Pick<WebhookService, 'figures'>): void {
  if (webhook.figures === undefined) return;
  scrapedCounter(registry, {
    name: 'ai_keys_webhook_messages_total',
    help: 'Events for the webhook, by what became of them: sent, failed (refused, or not taken within an hour), dropped (too many waited, or the app ended), suppressed (told shortly before, or sent by another instance).',
    labels: ['result'],
    *samples() {
      const { figures } = webhook;
      for (const result of RESULTS) yield [{ result }, figures?.[result] ?? 0];
    },
  });
  scrapedGauge(registry, {
    name: 'ai_keys_webhook_queue_length',
    help: 'Messages that wait for the receiver of the webhook.',
    labels: [],
    samples: () => [[{}, webhook.figures?.waiting ?? 0]],
  });
}
