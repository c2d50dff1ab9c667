import { leaseFor } from '../../src/key-management/execution/attempt-context';
import type { PoolModel } from './pool-model';
import { claim, isFreeFor, type Sentence } from './sentences';
import type { Waiting, WaitingModel, WaitingWorld } from './waiting-world';

/** Time limits share timers: they may be met so much late. */
const late = (ms: number): number => Math.max(10, ms / 50);

const waiting = (model: PoolModel): { waiters: Waiting[]; calls: Waiting[] } => {
  const { waiters, calls } = model as WaitingModel;
  const open = (list: Waiting[]): Waiting[] => list.filter(({ end }) => end === undefined);
  return { waiters: open(waiters), calls: open(calls) };
};

/** What always holds of those who wait. */
export const WAITING_SENTENCES: readonly Sentence[] = [
  {
    text: 'every waiter is woken or times out',
    always: (model, { now }) => {
      for (const { order, startedAt, endsAt } of waiting(model).waiters)
        claim(now <= endsAt + late(endsAt - startedAt), `waiter ${order} waits on, beyond its time`);
    },
    finally: (model) => {
      claim(waiting(model).waiters.length === 0, 'some wait for ever');
    },
  },
  {
    text: 'nobody waits while a key is free',
    always: (model, world) => {
      const { now } = world;
      for (const { order, model: wanted } of waiting(model).waiters) {
        const { queue } = world as WaitingWorld;
        const before = queue.length;
        const lease = leaseFor(world.pool, { model: wanted }, undefined, now);
        // To ask for a key wakes those whose cooldown is over: nobody may have needed that.
        claim(lease === undefined && queue.length === before, `waiter ${order} waits, and there is a key`);
        // The circuit breaker may be open.
        if (model.vendorFaults >= 18 || model.statedFaults >= 2) continue;
        // What the pool does not give, the rules must forbid: above all, an account that is being met gets as many calls as they say.
        for (const key of model.keys.values()) {
          const isFree = isFreeFor(key, wanted, model, now) && (model as WaitingModel).mayMeet(key, now);
          claim(!isFree, `waiter ${order} waits, and key ${key.n} is free`);
        }
      }
    },
  },
  {
    text: 'those who wait for the same get their keys in the order in which they came',
    served: (model, { now }, { order, model: wanted }) => {
      // One whose time is over has left already, and is told so only when those behind it are served.
      const earlier = waiting(model).waiters.find(
        (other) => other.model === wanted && other.order < order && other.endsAt > now,
      );
      claim(earlier === undefined, `waiter ${order} was served before waiter ${earlier?.order}`);
    },
  },
  {
    text: 'an account that is met anew gives those who can wait two keys at once, then twice as many with time and good answers',
    leased: (model, { now }, n, _, canWait) => {
      const key = n === undefined ? undefined : model.keys.get(n);
      if (!key || !canWait) return;
      // What was refused for its rate is bounded by what that taught.
      const isMet = key.isSlow || (model as WaitingModel).mayMeet(key, now);
      claim(isMet, `key ${n} was handed out, which has ${key.inFlight} calls and is being met`);
    },
  },
  {
    text: 'a wait ends with a key, or says why: the time, the caller, no hope, or too many before it',
    always: (model, { now }) => {
      for (const { order, end, endsAt, controller } of (model as WaitingModel).waiters) {
        if (end === 'timed_out') claim(now >= endsAt, `waiter ${order} timed out before its time`);
        else if (end === 'cancelled') claim(controller.signal.aborted, `waiter ${order} was cancelled by nobody`);
        else claim([undefined, 'key', 'hopeless', 'queue_slow'].includes(end), `waiter ${order} ended with ${end}`);
      }
    },
  },
  {
    text: 'every call ends, and within its time',
    always: (model, { now }) => {
      for (const { order, startedAt, endsAt } of waiting(model).calls)
        claim(now <= endsAt + late(endsAt - startedAt), `call ${order} goes on beyond its time`);
    },
    finally: (model) => {
      claim(waiting(model).calls.length === 0, 'some calls never end');
    },
  },
  {
    text: 'a refusal that a second key of the call shares costs neither, any other costs its key once, when the call ends',
    always: (model) => {
      const { calls, confirmedInVain } = model as WaitingModel;
      claim(confirmedInVain === 0, 'a refusal was held against a key in vain');
      for (const { order, end, withheld } of calls)
        claim(end === undefined || withheld.length === 0, `call ${order} ended, and a refusal was held against nobody`);
    },
  },
];
