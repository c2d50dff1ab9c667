import { hash } from 'node:crypto';

/** An object of the vendor that a request names, or an answer tells of. */
export interface ObjectId {
  /** What it is, for people: `file`. */
  readonly kind: string;
  /** As the vendor writes it, without the name of its collection. */
  readonly id: string;
}

/** The id as it is remembered: of one length, and not what an outsider could call the vendor with. 96 bits leave no room for two that are alike. */
export const rememberedAs = ({ kind, id }: ObjectId): string =>
  hash('sha256', `${kind}\n${id}`, 'base64url').slice(0, 16);

/** The same object named twice counts once. */
export const distinct = (ids: readonly ObjectId[]): readonly ObjectId[] =>
  ids.length < 2 ? ids : [...new Map(ids.map((each) => [`${each.kind}\n${each.id}`, each])).values()];
