import assert from 'node:assert/strict';
import type { DynamicModule } from '@nestjs/common';
import { KeyPoolService } from '../../../src/key-management';
import { isSigned } from '../../support/webhook-receiver';
import { as, type Players } from '../sample';
import { WEBHOOK_SECRET } from '../stage';

const MOST_TURNS = 20_000;

export const alerts: Players = {
  alerting: async (exported, stage) => {
    const app = await stage.start(as<DynamicModule>(exported, 'alerting'));
    const [key] = app.get(KeyPoolService).list('openai');
    await app.get(KeyPoolService).disable('openai', key!.id);
    const message = () => stage.receiver.received.find(({ body }) => body.data.key_id === key!.id);
    for (let turn = 0; turn < MOST_TURNS && message() === undefined; turn += 1)
      await new Promise((resolve) => setImmediate(resolve));
    assert.equal(message()?.body.type, 'key_removed');
    assert(isSigned(message()!, WEBHOOK_SECRET));
  },

  isGenuine: (exported) => {
    type IsGenuine = (headers: Record<string, string>, body: string, secret: string, now: number) => boolean;
    const isGenuine = as<IsGenuine>(exported, 'isGenuine');
    // The example of the specification of Standard Webhooks.
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,bm9uZQ== v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    const [body, at] = ['{"test": 2432232314}', 1_614_265_330_000];
    assert(isGenuine(headers, body, WEBHOOK_SECRET, at));
    assert(!isGenuine(headers, `${body} `, WEBHOOK_SECRET, at));
    assert(!isGenuine(headers, body, WEBHOOK_SECRET, at + 600_000));
    assert(!isGenuine({ ...headers, 'webhook-id': 'msg_another' }, body, WEBHOOK_SECRET, at));
    assert(!isGenuine({}, body, WEBHOOK_SECRET, at));
  },
};
