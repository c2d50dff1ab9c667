import { deepEqual, equal, rejects } from 'node:assert/strict';
import type { Type } from '@nestjs/common';
import { KeyManagementModule, KeyPoolService } from '../../../src/key-management';
import type { Players } from '../sample';

interface Calls {
  call<T>(customer: string, keys: string[], send: (apiKey: string) => Promise<T>): Promise<T>;
  end(customer: string): Promise<void>;
}

export const customerKeys: Players = {
  async CustomerCalls({ CustomerCalls }, stage) {
    const app = await stage.start(KeyManagementModule.forRoot(), CustomerCalls as Type);
    const calls = app.get<Calls>(CustomerCalls as Type);
    const pools = app.get(KeyPoolService);
    const send = (apiKey: string): Promise<string> => Promise.resolve(apiKey);
    const [first, second] = stage.simulator.openai.newKeys(2) as [string, string];
    const answers = ['7', '8', '7'].map((customer) => calls.call(customer, [customer === '7' ? first : second], send));
    deepEqual(await Promise.all(answers), [first, second, first]);
    equal(pools.list('customer-7').length, 1);
    await calls.end('7');
    deepEqual(pools.list('customer-7'), []);
    equal(await calls.call('8', [], send), second);
    await rejects(calls.call('9', [], send), /keys must be a list/);
    equal(await calls.call('9', [first], send), first);
  },
};
