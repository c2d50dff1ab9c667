import { vendorOf } from '../vendors/vendor-of';
import { RealClients } from '../../../test/support/real-clients';
import { classify } from '../classification/classify';
import { vendorErrorFrom, type EvidenceContext } from '../classification/evidence/error-evidence';
import { openai } from '../vendors/openai/openai';

const clients = new RealClients();
beforeAll(() => clients.start());
afterAll(() => {
  clients.stop();
});

async function verdictOn(call: () => Promise<unknown>, context: EvidenceContext = {}) {
  try {
    await call();
  } catch (thrown) {
    return classify(vendorErrorFrom(thrown, context), vendorOf(openai), 'evidence', 0);
  }
  throw new Error('the call did not fail');
}

const NAMES = ['chat', 'claude', 'gemini', 'vercel', 'langchain', 'axios', 'fetch', 'undici'] as const;

it.each(NAMES)('%s: a dropped connection', async (name) => {
  clients.next = 'drop';
  expect(await verdictOn(() => clients[name]())).toMatchObject({ outcome: 'network_error', decidedBy: 'transport' });
});

it.each(NAMES)('%s: nobody listening', async (name) => {
  const listening = clients.base;
  clients.base = 'http://127.0.0.1:9';
  const verdict = await verdictOn(() => clients[name]());
  clients.base = listening;
  expect(verdict.outcome).toBe('network_error');
});

// The AI SDK has no limit of its own; Jest's realm hides an AbortError from openai, which then reports a connection error.
it.each(['claude', 'gemini', 'axios', 'fetch', 'undici'] as const)('%s: its own time limit', async (name) => {
  clients.next = 'stall';
  const verdict = await verdictOn(() => clients[name](), { callerAborted: false });
  expect(verdict).toMatchObject({ outcome: 'timeout', retry: 'same_key' });
});

it.each(['chat', 'claude', 'gemini', 'axios', 'fetch'] as const)('%s: a caller who aborts', async (name) => {
  clients.next = 'stall';
  const controller = new AbortController();
  setTimeout(() => {
    controller.abort();
  }, 20);
  expect(await verdictOn(() => clients[name](controller.signal))).toMatchObject({
    outcome: 'cancelled',
    retry: 'none',
  });
});
