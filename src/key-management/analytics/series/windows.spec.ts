import { windowRange, type WindowName } from './windows';

it.each<[WindowName, string, string]>([
  ['5m', 'minute', '2026-11-28T03:05:00.000Z'],
  ['1h', 'minute', '2026-11-28T02:10:00.000Z'],
  ['24h', 'hour', '2026-11-27T03:00:00.000Z'],
  ['30d', 'hour', '2026-10-29T03:00:00.000Z'],
])('%s is made of whole buckets, and nothing of it is missing', (name, resolution, from) => {
  const range = windowRange(name, Date.parse('2026-11-28T03:10:30Z'));
  expect([range.resolution, new Date(range.from).toISOString()]).toEqual([resolution, from]);
});
