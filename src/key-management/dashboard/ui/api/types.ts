/**
 * The documents of the API as the page reads them: the API's own types, so that a field which is renamed or dropped there does not compile
 * here. Times are ISO 8601, rates per cent, durations seconds.
 */
import type { AddedKeysView, AddedKeyView } from '../../../admin/schemas/answers';

/** Of a key that the page itself refuses to send, `malformed`. */
export type KeyVerdict = Pick<AddedKeyView, 'masked_key' | 'verdict' | 'status' | 'reason'> & {
  id?: string;
  outcome: AddedKeyView['outcome'] | 'malformed';
};
export type AddedKeys = Pick<AddedKeysView, 'notice'> & { keys: KeyVerdict[] };

export type {
  CheckedKeyView as CheckedKey,
  ConfigurationView as Configuration,
  EventPage,
  EventView as LogEvent,
  HealthCheckReportView as HealthCheckReport,
  KeyDetailsView as KeyDetails,
  KeyPage,
  KeyView as KeyEntry,
  LimitLeftView as LimitLeft,
  TimelineView as Timeline,
} from '../../../admin/schemas/answers';
export type { BulkKeyView as BulkKeyResult, BulkResultView as BulkResult } from '../../../admin/schemas/bulk';
export type {
  FailedCallPage,
  FailedCallView as FailedCall,
  ProviderStateView as ProviderStanding,
} from '../../../admin/schemas/operations';
export type {
  ModelUsage,
  SharedBudgetStatus as SharedBudget,
  TimelineEntry,
  UsageEntry,
} from '../../../analytics/documents';
export type { Resolution } from '../../../analytics/series/measures';
export type { WindowName } from '../../../analytics/series/windows';
export type { ProviderState } from '../../../pool/key-events';
export type { KeyStatus } from '../../../pool/key/key-state';
export type { DashboardSession as Session } from '../../dashboard-data.controller';
export type { DashboardFigures as Figures, ModelFigures, ProviderFigures, VendorName } from '../../figures';
