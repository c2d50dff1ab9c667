import { as, type Players } from '../sample';

/** The bodies of tests: they assert by themselves. */
const body =
  (name: string): Players[string] =>
  (exported) =>
    as<() => Promise<void>>(exported, name)();

export const testing: Players = {
  survivesADeadKey: body('survivesADeadKey'),
  wholeApp: body('wholeApp'),
  onLoopback: body('onLoopback'),
};
