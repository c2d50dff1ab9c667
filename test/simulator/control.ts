import type { IncomingMessage, ServerResponse } from 'node:http';
import type {
  Behaviour,
  Flavour,
  KeyCounters,
  Outage,
  VendorSimulator,
} from '../../src/key-management/testing/simulator';
import { readBody } from '../../src/key-management/testing/simulator/core/body';

/** What POST /__control understands, one command a request. */
export type ControlCommand =
  | { readonly do: 'key'; readonly vendor: string; readonly key: string; readonly behaviours?: readonly Behaviour[] }
  | { readonly do: 'everywhere'; readonly vendor: string; readonly behaviours?: readonly Behaviour[] }
  | { readonly do: 'outage'; readonly vendor: string; readonly outage?: Outage }
  | { readonly do: 'compatible'; readonly vendor: string; readonly flavour?: Flavour }
  | { readonly do: 'calls'; readonly vendor: string; readonly key?: string }
  | { readonly do: 'reset' };

function perform(simulator: VendorSimulator, command: ControlCommand): object {
  if (command.do === 'reset') {
    simulator.reset();
    return {};
  }
  if (command.do === 'compatible') {
    return { baseUrl: simulator.compatible(command.vendor, command.flavour).baseUrl };
  }
  const vendor = simulator.vendor(command.vendor);
  if (vendor === undefined) throw new RangeError(`no simulated vendor '${command.vendor}'`);
  switch (command.do) {
    case 'key':
      vendor.key(command.key, ...(command.behaviours ?? []));
      return {};
    case 'everywhere':
      vendor.everywhere(...(command.behaviours ?? []));
      return {};
    case 'outage':
      vendor.outage(command.outage);
      return {};
    case 'calls': {
      const counters: Readonly<KeyCounters> =
        command.key === undefined ? vendor.calls.totals : vendor.calls.forKey(command.key);
      return counters;
    }
  }
}

export function handleControl(simulator: VendorSimulator, request: IncomingMessage, response: ServerResponse): void {
  readBody(request, 1024 * 1024, (body) => {
    try {
      if (body.kind !== 'json') throw new TypeError('a JSON command is needed');
      const result = perform(simulator, body.value as unknown as ControlCommand);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
    } catch (error) {
      response.writeHead(400, { 'content-type': 'text/plain' }).end(String(error));
    }
  });
}
