import type { BoundIds } from '../contract/bound-ids';
import { message, status, type } from '../contract/rule';

export const anthropicBoundIds: BoundIds = {
  kinds: [
    { kind: 'file', collections: ['files'], fields: ['file_id'], like: /^file_/, keptDays: 180 },
    { kind: 'message batch', collections: ['messages/batches'], like: /^msgbatch_/ },
    {
      kind: 'container',
      fields: ['container'],
      like: /^container_/,
      toldBy: [{ path: '/messages', where: /"code_execution/ }],
    },
    { kind: 'skill', collections: ['skills'], fields: ['skill_id'], like: /^skill_/, keptDays: 180 },
  ],
  notFound: [
    // Not a model.
    [type('not_found_error'), message(/^(?!model:|not found$)/i)],
    [
      status(400),
      message(
        /^(?:[\w.[\]]{1,200}: )?(?:the )?(?:file|container|message batch|skill)\b.{0,300}\b(?:not found|does not exist)/i,
      ),
    ],
  ],
};
