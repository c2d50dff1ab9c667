import type { Situation } from '../../behaviour';
import type { ErrorCatalogue, MakeAnswer, VendorProfile } from '../../core/profile';
import { openAiProfile } from '../openai/profile';

export type FlavourErrors = Partial<Record<Situation, Readonly<Record<string, MakeAnswer>>>>;

/** A vendor that speaks OpenAI's protocol and has some answers of its own, which become its usual ones. */
export function derive(changes: Partial<Omit<VendorProfile, 'errors'>>, errors: FlavourErrors = {}): VendorProfile {
  const merged: Record<string, Readonly<Record<string, MakeAnswer>>> = { ...openAiProfile.errors };
  for (const [situation, own] of Object.entries(errors)) {
    // Spread twice: first for the order (the first variant is the usual one), last for the value.
    merged[situation] = { ...own, ...merged[situation], ...own };
  }
  const statuses = { ...openAiProfile.statuses, ...changes.statuses };
  return { ...openAiProfile, ...changes, statuses, errors: merged as ErrorCatalogue };
}
