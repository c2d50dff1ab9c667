import type { StoreChange } from '../../store/port/key-store';
import { FakeClock } from '../../../../test/support/fake-clock';
import { BoundMemory } from './bound-memory';
import { documentOf } from './bound-documents';

const DAY_MS = 24 * 60 * 60_000;

/** What a link would do with a store that two memories share. */
class Link {
  readonly documents = new Map<string, Map<string, string>>();
  readonly aside: string[] = [];
  readonly writes: string[] = [];
  shared = true;
  up = true;

  put = (doc: string, field: string, value: unknown): void => {
    const fields = this.documents.get(doc) ?? new Map<string, string>();
    this.documents.set(doc, fields.set(field, value as string));
    this.writes.push(field);
  };
  drop = (doc: string): void => void this.documents.delete(doc);
  setAside = (doc: string): void => void this.aside.push(doc);

  loadInto(memory: BoundMemory): void {
    for (const [doc, fields] of this.documents) {
      const registers = Object.fromEntries([...fields].map(([f, value]) => [f, { value, version: 1, tie: 't' }]));
      memory.merge({ doc, registers, maxima: {}, sums: {} });
    }
    memory.merged();
  }
}

const name = (n: number): string => `id-${String(n).padStart(10, '0')}`;
const set = (doc: string, field: string, value: string): Extract<StoreChange, { kind: 'set' }> => ({
  kind: 'set',
  doc,
  field,
  register: { value, version: 1, tie: 't' },
});

let clock: FakeClock;
let link: Link;
let memory: BoundMemory;
beforeEach(() => {
  clock = new FakeClock();
  link = new Link();
  memory = new BoundMemory(link, clock);
});
const bind = (n: number, keyId = 'key-a', keptDays = 30, account?: string): void =>
  memory.bind('openai', name(n), { keyId, account }, keptDays);

it('knows who made an object, and writes it once, with others that were made at the same moment', async () => {
  bind(1, 'key-a', 30, 'org-1');
  bind(2);
  bind(2);
  expect(memory.find('openai', name(1))).toEqual({ keyId: 'key-a', account: 'org-1' });
  expect(memory.find('acme', name(1))).toBeUndefined();
  expect(link.writes).toEqual([]);
  await clock.advance(20);
  expect(link.writes).toEqual([name(1), name(2)]);
  expect([...link.documents.values()].map((fields) => [...fields.values()])).toEqual([['key-a org-1', 'key-a']]);
});

it('writes what was gathered when the store is about to close', () => {
  bind(1);
  expect(memory.collect()).toBe(false);
  expect(link.writes).toEqual([name(1)]);
});

it('writes nothing where nothing is made', async () => {
  memory.find('openai', name(1));
  await clock.advance(DAY_MS);
  expect(link.writes).toEqual([]);
});

it('is told of by other instances, and at the next start', async () => {
  bind(1, 'key-a', 30, 'org-1');
  await clock.advance(20);
  const other = new BoundMemory(link, clock);
  link.loadInto(other);
  expect(other.find('openai', name(1))).toEqual({ keyId: 'key-a', account: 'org-1' });
  const [doc] = link.documents.keys();
  other.changed(set(doc!, name(2), 'key-b'));
  expect(other.find('openai', name(2))).toEqual({ keyId: 'key-b', account: undefined });
});

it('waits a moment for what another instance is about to tell, and only where one may', async () => {
  bind(1);
  await clock.advance(20);
  const [doc] = link.documents.keys();
  const soon = memory.findSoon('openai', name(2), 100);
  memory.changed(set(doc!, name(2), 'key-b'));
  expect(await soon).toMatchObject({ keyId: 'key-b' });
  const never = memory.findSoon('openai', name(3), 100);
  await clock.advance(100);
  expect(await never).toBeUndefined();
  link.shared = false;
  expect(await memory.findSoon('openai', name(3), 100)).toBeUndefined();
});

it('forgets what has expired, and drops its document from the store', async () => {
  bind(1, 'key-a', 2);
  bind(2, 'key-a', 30);
  await clock.advance(20);
  expect(link.documents.size).toBe(2);
  await clock.advance(4 * DAY_MS);
  expect(memory.find('openai', name(1))).toBeUndefined();
  expect(memory.find('openai', name(2))).toBeDefined();
  link.loadInto(new BoundMemory(link, clock));
  expect(link.documents.size).toBe(1);
});

it('keeps an id for as long as its vendor does, however old its document is', async () => {
  for (let day = 0; day < 30; day += 1) {
    bind(day, 'key-a', 30);
    await clock.advance(DAY_MS);
  }
  for (const doc of link.documents.keys()) expect(documentOf(doc)).toBeDefined();
  // That of the first day is 30 days old.
  expect(memory.find('openai', name(0))).toBeDefined();
  await clock.advance(29 * DAY_MS);
  expect(memory.find('openai', name(29))).toBeDefined();
  expect(memory.find('openai', name(0))).toBeUndefined();
});

it('is bounded, here and in the store: the oldest make room, but for what is used again', async () => {
  for (let n = 0; n < 30_000; n += 1) bind(n);
  await clock.advance(20);
  expect(memory.find('openai', name(0))).toBeDefined();
  for (let n = 30_000; n < 50_000; n += 1) bind(n);
  await clock.advance(20);
  expect(memory.count('openai')).toBeLessThanOrEqual(40_000);
  expect(link.documents.size).toBeLessThanOrEqual(400);
  expect(memory.find('openai', name(0))).toBeDefined();
  expect(memory.find('openai', name(1))).toBeUndefined();
  expect(memory.find('openai', name(49_999))).toBeDefined();
});

it('gives a store that lost its data all that is known', () => {
  for (let n = 0; n < 250; n += 1) bind(n);
  const known = [...memory.known()];
  expect(known.map(({ registers }) => Object.keys(registers).length)).toEqual([100, 100, 50]);
  const [first] = known;
  memory.dropped(first!.doc);
  expect(memory.count('openai')).toBe(150);
});

it('sets aside what makes no sense', () => {
  memory.changed(set('bound/openai/what', name(1), 'key-a'));
  memory.changed(set('bound/openai/1-99999', 'x', 'key-a'));
  memory.changed(set('bound/openai/1-99999', name(1), 'KEY\nnone'));
  memory.changed({ ...set('bound/openai/1-99999', name(1), ''), register: { value: 7, version: 1, tie: 't' } });
  expect(link.aside).toHaveLength(4);
  expect(memory.count('openai')).toBe(0);
});

it('forgets what a closed pool has bound, which its documents have for when it is opened again', async () => {
  bind(1);
  memory.bind('customer-17', name(2), { keyId: 'key-b', account: undefined }, 30);
  await clock.advance(20);
  memory.forget('customer-17');
  expect(memory.count('customer-17')).toBe(0);
  expect(memory.find('openai', name(1))).toEqual({ keyId: 'key-a', account: undefined });
  link.loadInto(memory);
  expect(memory.find('customer-17', name(2))).toEqual({ keyId: 'key-b', account: undefined });
});

it('drops documents of pools that are not open when all that is in them has expired', async () => {
  memory.bind('customer-17', name(1), { keyId: 'key-b', account: undefined }, 30);
  await clock.advance(20);
  const [doc] = [...link.documents.keys()] as [string];
  expect(memory.providerOf(doc)).toBe('customer-17');
  const stored = { doc, registers: {}, maxima: {}, sums: {} };
  memory.passedBy(stored);
  expect(link.documents.size).toBe(1);
  await clock.advance(40 * DAY_MS);
  memory.passedBy(stored);
  expect(link.documents.size).toBe(0);
});
