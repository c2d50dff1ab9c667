import { sameWords, shortened, vendorWords } from './vendor-words';

it.each([
  ['insufficient_quota: You exceeded your current quota', 'insufficient_quota', 'You exceeded your current quota'],
  ['invalid_request_error: No such model', undefined, 'No such model'],
  ['PERMISSION_DENIED: The API is not enabled: enable it', 'PERMISSION_DENIED', 'The API is not enabled: enable it'],
  ['Unauthorized by the proxy', undefined, 'Unauthorized by the proxy'],
  ['Please note: nothing is wrong', undefined, 'Please note: nothing is wrong'],
  ['server_error', 'server_error', undefined],
])('reads %s', (reason, code, message) => expect(vendorWords(reason)).toEqual({ code, message }));

it.each([
  ['Incorrect API key provided: sk-proj-***cdef.', 'Incorrect API key provided: ….'],
  ['Incorrect API key provided: sk-1234...cdef', 'Incorrect API key provided: …'],
  ['An error occurred, request req_0a1b2c3d4e5f', 'An error occurred, request …'],
  ['Number 1732761234567, then', 'Number …, then'],
  ['claude-sonnet-4-20250514 is overloaded', 'claude-sonnet-4-20250514 is overloaded'],
  [
    'Rate limit reached for gpt-5 on requests per min: limit 500',
    'Rate limit reached for gpt-5 on requests per min: limit 500',
  ],
])('sees in %s what is the same for all', (reason, same) => expect(sameWords(reason)).toBe(same));

it('cuts at the end of a word', () => {
  expect(shortened('Short.')).toBe('Short');
  expect(shortened('The server had an error while it processed your request', 24)).toBe('The server had an error…');
  expect(shortened('x'.repeat(60), 24)).toBe(`${'x'.repeat(24)}…`);
});
