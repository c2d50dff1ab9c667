import fc from 'fast-check';
import { settle as promises } from '../support/fake-clock';
import { ms, POOL_COMMANDS, saidOfCall } from './pool-commands';
import { INPUTS } from './pool-world';
import { HOUR, MINUTE, SECOND } from './rules';
import type { Said } from './settlements';
import type { Waiting, WaitingModel, WaitingWorld } from './waiting-world';

type WaitingCommand = fc.AsyncCommand<WaitingModel, WaitingWorld>;
type Checked = (model: Readonly<WaitingModel>) => boolean;

/** After each command all that is ready runs, and the sentences must hold. */
const named = (
  text: string,
  check: Checked,
  run: (model: WaitingModel, world: WaitingWorld) => void | Promise<void>,
): WaitingCommand => ({
  check,
  run: async (model, world) => {
    await run(model, world);
    await promises();
    world.hold(model);
  },
  toString: () => text,
});

const wait = (wanted: string | undefined, ms: number, tried: number[]): WaitingCommand =>
  named(
    `wait(${wanted ?? ''}, ${ms} ms, tried ${tried})`,
    () => true,
    (_, world) => {
      world.wait(wanted, ms, new Set(tried.map((n) => world.id(n))));
    },
  );

const call = (options: { model?: string; timeoutMs?: number; attemptTimeoutMs?: number; maxWaitMs?: number }) =>
  named(
    `call(${JSON.stringify(options)})`,
    () => true,
    (_, world) => {
      world.call(options);
    },
  );

const answer = (which: number, said: Said): WaitingCommand =>
  named(
    `answer(${which}, ${JSON.stringify(said)})`,
    ({ requests }) => requests.length > 0,
    ({ requests }) => {
      requests[which % requests.length]!.answer({ ...said, notBefore: undefined });
    },
  );

const cancel = (of: 'waiters' | 'calls', which: number): WaitingCommand => {
  const open = (model: Readonly<WaitingModel>): Waiting[] => model[of].filter(({ end }) => end === undefined);
  return named(
    `cancel(${of}, ${which})`,
    (model) => open(model).length > 0,
    (model) => {
      const list = open(model);
      list[which % list.length]!.controller.abort();
    },
  );
};

const advance = (ms: number): WaitingCommand =>
  named(
    `advance(${ms} ms)`,
    () => true,
    (_, { clock }) => clock.advance(ms),
  );

const wanted = fc.constantFrom(undefined, 'x', 'y');
const which = fc.nat(40);
const soon = fc.constantFrom(500, 5 * SECOND, MINUTE, 2 * HOUR);
const options = fc.record(
  {
    model: wanted,
    timeoutMs: soon,
    attemptTimeoutMs: fc.constantFrom(SECOND, MINUTE),
    maxWaitMs: soon,
  },
  { requiredKeys: [] },
);

/** All that can happen to a pool, and to those who wait for its keys. */
export const WAITING_COMMANDS: fc.Arbitrary<WaitingCommand>[] = [
  ...POOL_COMMANDS.map((command) =>
    command.map((each) => named(each.toString(), each.check.bind(each), each.run.bind(each))),
  ),
  ...Array.from({ length: 5 }, () =>
    fc
      .tuple(wanted, soon, fc.subarray([...INPUTS.keys()], { maxLength: 2 }))
      .map(([model, time, tried]) => wait(model, time, tried)),
  ),
  ...Array.from({ length: 5 }, () => options.map(call)),
  ...Array.from({ length: 8 }, () => fc.tuple(which, saidOfCall).map(([n, said]) => answer(n, said))),
  ...Array.from({ length: 4 }, () => ms.map(advance)),
  // An account that is being met gets more calls after as much.
  fc.constantFrom(99, 100, 250).map(advance),
  fc.tuple(fc.constantFrom('waiters' as const, 'calls' as const), which).map(([of, n]) => cancel(of, n)),
];
