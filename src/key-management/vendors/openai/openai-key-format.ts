import type { KeyFormat } from '../vendor-knowledge';

export const openAiKeyFormat: KeyFormat = {
  label: 'OpenAI',
  prefixes: ['sk-'],
  wrongKinds: [
    {
      prefix: 'sk-admin-',
      mend: 'This is an OpenAI admin key, which cannot call models. Create a project API key (sk-proj-…) instead.',
    },
  ],
};
