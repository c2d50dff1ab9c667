import { noteVendors, providerName, vendorBeside } from './provider-names';

beforeAll(() =>
  noteVendors({
    openai: { name: 'openai', label: 'OpenAI' },
    dashscope: { name: 'dashscope', label: 'Alibaba DashScope' },
    'second-pool': { name: 'azure', label: 'Azure OpenAI' },
    acme: { name: 'acme', label: 'acme' },
  }),
);

it.each([
  ['openai', 'OpenAI', undefined],
  ['dashscope', 'Alibaba DashScope', undefined],
  ['second-pool', 'second-pool', 'Azure OpenAI'],
  ['acme', 'acme', undefined],
])('calls %s %s, and %s beside it', (provider, name, beside) => {
  const label = { openai: 'OpenAI', dashscope: 'Alibaba DashScope', 'second-pool': 'Azure OpenAI' }[provider] ?? 'Acme';
  expect(providerName(provider)).toBe(name);
  expect(vendorBeside(provider, label)).toBe(beside);
});

it('calls a provider that the server has not named yet by its own name', () => {
  expect(providerName('made-at-run-time')).toBe('made-at-run-time');
});
