/**
 * The documents of the API as the page reads them: the API's own types, so that a field which is renamed or dropped there does not compile
 * here. Times are ISO 8601, rates per cent, durations seconds.
 */
import type { AddedKeysDto, KeyDto, KeyVerdictDto } from '../../../admin/dto/keys.dto';

/** Of a key that the page itself refuses to send, `malformed`. */
export type KeyVerdict = Pick<KeyVerdictDto, 'masked_key' | 'verdict' | 'status' | 'reason'> & {
  outcome: KeyVerdictDto['outcome'] | 'malformed';
};
export type AddedKeys = Pick<AddedKeysDto, 'notice'> & { keys: KeyVerdict[] };

export type { CheckedKeyDto as CheckedKey, KeyPageDto as KeyPage } from '../../../admin/dto/keys.dto';
export type {
  ConfigurationDto as Configuration,
  EventDto as LogEvent,
  EventPageDto as EventPage,
  HealthCheckReportDto as HealthCheckReport,
} from '../../../admin/dto/reports.dto';
export type { TimelineEntry } from '../../../analytics/provider-analytics';
export type { ProviderState } from '../../../pool/key-events';
export type { KeyStatus } from '../../../pool/key/key-state';
export type { DashboardSession as Session } from '../../dashboard-data.controller';
export type { DashboardFigures as Figures, ProviderFigures, Resolution } from '../../dashboard-figures.service';

/** As JSON: the fields alone, of no class. */
export type KeyEntry = { [Field in keyof KeyDto]: KeyDto[Field] };
