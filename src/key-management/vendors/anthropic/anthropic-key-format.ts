import type { KeyFormat } from '../vendor-knowledge';

export const anthropicKeyFormat: KeyFormat = {
  label: 'Anthropic',
  prefixes: ['sk-ant-'],
  wrongKinds: [
    {
      prefix: 'sk-ant-admin',
      mend: 'This is an Anthropic admin key, which cannot call models. Create an API key (sk-ant-api…) instead.',
    },
    {
      prefix: 'sk-ant-oat',
      mend: 'This is an Anthropic OAuth token, not an API key. Create an API key (sk-ant-api…) in the Console instead.',
    },
  ],
};
