/**
 * Headers that name the organization, project or workspace of one key; lower case. The SDKs take some of them from the environment by
 * themselves (`OPENAI_ORG_ID`, `OPENAI_PROJECT_ID`). Beside a key of another account a vendor answers 401, so they go with the key.
 */
export const ACCOUNT_HEADERS = [
  'openai-organization',
  'openai-project',
  'anthropic-workspace-id',
  'x-goog-user-project',
] as const;
