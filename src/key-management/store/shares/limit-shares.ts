import type { Clock } from '../../common/clock';
import { rendezvousPlace } from '../../common/rendezvous';
import type { PartsPort } from '../../pool/limits/part';
import type { Audience, FieldChange, Json, StoredDocument } from '../port/key-store';
import type { DocumentOwner, KnownDocument } from '../sync/document-owner';
import type { Instances } from '../sync/instances';
import type { StoreLink } from '../sync/store-link';
import type { Leader } from './leader';
import { LearnedRates } from './learned-rates';
import { LeaderSeat, type LockingLink } from './leader-seat';
import {
  grantJson,
  isLater,
  leadershipJson,
  NO_LEADER,
  readGrant,
  readLeadership,
  readReport,
  reportJson,
  type Leadership,
  type Report,
} from './messages';
import { ProviderShares } from './provider-shares';
import { DRIFT_MS, LEASE_MS } from './timing';

const PREFIX = 'shares/';
const LEADER_DOC = `${PREFIX}leader`;
/** The fields of grants begin so. */
const GRANT = 'grant';
/** While parts are used or wanted, this instance looks at them this often; milliseconds. */
const TICK_MS = 100;
/** The same while somebody waits for what it is to give back. */
const OWING_MS = 25;
/** A report that is not answered for so long has no leader that hears it. */
const SILENT_MS = 500;
/** A store that has not taken what was written for so long counts as away here. Statistics alone wait up to a second. */
const STUCK_MS = 2_000;
/** Documents of instances that are gone are looked for this often. */
const SWEEP_MS = 20_000;

/** What of the store is needed to share limits. */
export type SharesLink = LockingLink &
  Pick<StoreLink, 'shared' | 'up' | 'upSince' | 'lagMs' | 'put' | 'drop' | 'setAside'>;
/** What of the instances is needed. */
export type SharingInstances = Pick<Instances, 'count' | 'others' | 'isFirst' | 'has' | 'onChange' | 'onGone'>;

/**
 * Divides the limits of accounts among the instances that share the store, by demand, as leases that run out (as Doorman does): one instance
 * leads, the others report to it what they want and have, and it grants. A call never waits for the store where its instance has a part.
 * Nothing is written while nothing with limits is used.
 */
export class LimitShares implements DocumentOwner {
  readonly prefix = PREFIX;
  readonly #providers = new Map<string, ProviderShares>();
  readonly #rates = new Map<string, LearnedRates>();
  readonly #seat: LeaderSeat;
  /** Documents of other instances, and when each was first seen. */
  readonly #documents = new Map<string, number>();
  /** Documents of others to which this instance granted. */
  readonly #granted = new Set<string>();
  /** Own documents that the store has, or will. */
  readonly #written = new Set<string>();
  readonly #places = new Map<string, number>();
  /** Since when each other instance has been known. */
  readonly #knownSince = new Map<string, number>();
  #latest: Leadership = NO_LEADER;
  #hadStore = true;
  /** Before the store was opened, or could not be, nothing is used. */
  #startedAt = Infinity;
  #cancelTick: (() => void) | undefined;
  #tickAt = Infinity;
  #cancelSweep: (() => void) | undefined;
  #isStopped = false;

  constructor(
    private readonly link: SharesLink,
    private readonly instanceId: string,
    private readonly clock: Clock,
    private readonly instances: SharingInstances,
  ) {
    this.#seat = new LeaderSeat(link, instanceId, clock, {
      latest: () => this.#latest,
      began: (leader) => this.#began(leader),
      opened: () => this.#tickSoon(),
    });
    instances.onChange = () => this.#othersChanged();
    instances.onGone = (id) => this.#left(id);
  }

  /** From now on the provider's accounts are shared. Not with a store that only this instance has. */
  share(provider: string, port: PartsPort): void {
    if (!this.link.shared) return;
    const shares = new ProviderShares(provider, port, this.#known());
    this.#providers.set(provider, shares);
    this.#rates.set(provider, new LearnedRates(port));
    shares.follow(this.#latest, this.clock.now());
    port.partsWanted = (isNew) => {
      shares.wanted(this.clock.now(), isNew);
      this.#tickSoon();
    };
    port.divide(new Map());
    this.#lookForOthers();
    this.#tickSoon();
  }

  /** The provider's pool is closed: nothing of its accounts is used any more. */
  unshare(provider: string): void {
    this.#providers.get(provider)?.end();
    this.#providers.delete(provider);
    this.#rates.delete(provider);
    const doc = `${PREFIX}${provider}/${this.instanceId}`;
    if (this.#written.delete(doc)) this.link.drop(doc);
  }

  /** The store is open, or away. */
  start(): void {
    if (!this.link.shared) return;
    this.#startedAt = this.clock.now();
    this.#hadStore = this.#hasStore;
    this.#lookForOthers();
    this.#tickSoon();
  }

  /** Says that this instance uses nothing any more. Before the store is closed. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#cancelTick?.();
    this.#cancelSweep?.();
    this.#seat.stop();
    for (const shares of this.#providers.values()) shares.end();
    for (const doc of this.#written) this.link.drop(doc);
    const leader = this.#seat.leader;
    leader?.left(this.instanceId, this.clock.now());
    if (await this.#seat.leave()) this.#announce({ term: this.#latest.term, leader: '' });
  }

  merge({ doc, registers }: StoredDocument): void {
    for (const [field, { value }] of Object.entries(registers)) this.#read(doc, field, value);
  }

  changed(change: FieldChange): void {
    if (change.kind === 'set') this.#read(change.doc, change.field, change.register.value);
  }

  /** A document of this instance is wanted for as long as it lives. */
  dropped(doc: string): boolean {
    this.#documents.delete(doc);
    return this.#own(doc)?.isActive(this.clock.now()) ?? false;
  }

  *known(): Iterable<KnownDocument> {
    if (this.#latest.term > 0)
      yield { doc: LEADER_DOC, registers: { leader: leadershipJson(this.#latest) }, maxima: {} };
  }

  #read(doc: string, field: string, value: Json): void {
    const now = this.clock.now();
    if (doc === LEADER_DOC) {
      const leadership = readLeadership(value);
      if (!leadership) this.link.setAside(doc, 'it names no leader');
      else this.#heardOf(leadership);
      return;
    }
    const own = this.#own(doc);
    if (own) {
      const grant = field.startsWith(GRANT) ? readGrant(value) : undefined;
      if (!grant) return;
      this.#heardOf(grant);
      own.granted(grant, now);
      this.#tickSoon();
      return;
    }
    this.#documents.set(doc, this.#documents.get(doc) ?? now);
    this.#sweepLater();
    if (field === 'rates' && this.#rates.get(doc.split('/')[1]!)?.read(value) === false)
      this.link.setAside(doc, 'its rates are none');
    if (field !== 'report' || !this.#seat.leader) return;
    const report = readReport(value);
    const [, provider, instance] = doc.split('/');
    if (!report || provider === undefined || instance === undefined) this.link.setAside(doc, 'it is no report');
    else this.#reported(instance, provider, report);
  }

  #reported(instance: string, provider: string, report: Report): void {
    const { leader } = this.#seat;
    if (!leader) return;
    if (!leader.reported(instance, provider, report, this.clock.now())) this.#leadAgain(leader, report);
    this.#tickSoon();
  }

  /** Of a leader that may be this one. */
  #heardOf(leadership: Leadership): void {
    if (!isLater(leadership, this.#latest)) return;
    const { leader } = this.#seat;
    if (leader) this.#leadAgain(leader, leadership);
    else this.#follow(leadership);
  }

  /** While it has the lock this one is the later leader, though others have heard of one of a greater term. */
  #leadAgain(leader: Leader, other: Leadership): void {
    leader.term = other.term + 1;
    this.#announce(leader);
  }

  #began(leader: Leader): void {
    const now = this.clock.now();
    leader.reserve(this.#ungranted(now), now + LEASE_MS + DRIFT_MS);
    this.#announce(leader);
    for (const shares of this.#providers.values()) if (shares.isActive(now)) shares.wanted(now);
    this.#tickSoon();
  }

  /** What instances may use that no leader gave them. */
  #ungranted(now: number): Map<string, number> {
    const parts = new Map<string, number>();
    const own = Math.max(0, ...Array.from(this.#providers.values(), (shares) => shares.ungranted));
    if (own > 0) parts.set(this.instanceId, own);
    // After an outage they may still use what they may without the store.
    const upSince = this.link.upSince ?? now;
    const wasAway = upSince > this.#startedAt && now - upSince < LEASE_MS;
    for (const other of this.instances.others) {
      // Who has just come to know this instance may have believed to be alone.
      const isNew = now - (this.#knownSince.get(other) ?? now) < LEASE_MS;
      if (isNew) parts.set(other, 1);
      else if (wasAway) parts.set(other, 1 / this.instances.count);
    }
    return parts;
  }

  #othersChanged(): void {
    const others = new Set(this.instances.others);
    for (const other of this.#knownSince.keys()) if (!others.has(other)) this.#knownSince.delete(other);
    for (const other of others) if (!this.#knownSince.has(other)) this.#knownSince.set(other, this.clock.now());
    this.#places.clear();
    this.#lookForOthers();
    this.#tickSoon();
  }

  /** A leader that is not known as an instance yet, or any more, is another all the same. */
  get #isAlone(): boolean {
    const { leader } = this.#latest;
    return this.instances.count === 1 && (leader === '' || leader === this.instanceId);
  }

  /** Before the store was opened, or could not be, nothing is known of others. */
  #lookForOthers(): void {
    if (this.#startedAt === Infinity || this.#isStopped) return;
    const { clock } = this;
    for (const shares of this.#providers.values())
      if (this.#isAlone) shares.alone();
      else shares.joined(clock.now());
  }

  #announce({ term, leader }: Leadership): void {
    this.#follow({ term, leader });
    this.link.put(LEADER_DOC, 'leader', leadershipJson({ term, leader }));
  }

  #follow(leadership: Leadership): void {
    this.#latest = leadership;
    this.#lookForOthers();
    for (const shares of this.#providers.values()) shares.follow(leadership, this.clock.now());
    this.#tickSoon();
  }

  /** The first of all instances removes what others left, and the leader, whom they report to. */
  get #tidies(): boolean {
    return this.instances.isFirst || this.#seat.leader !== undefined;
  }

  #left(instance: string): void {
    this.#seat.leader?.left(instance, this.clock.now());
    // One of those that are left removes what it left, and the leader what it granted while the other went.
    for (const name of this.#providers.keys()) {
      const doc = `${PREFIX}${name}/${instance}`;
      if (this.#granted.delete(doc) || (this.#tidies && this.#documents.has(doc))) this.#drop(doc);
    }
    this.#tickSoon();
  }

  #tickSoon(): void {
    this.#tickIn(0);
  }

  #tickIn(ms: number): void {
    const at = this.clock.now() + ms;
    if (this.#startedAt === Infinity || this.#isStopped || this.#tickAt <= at) return;
    this.#cancelTick?.();
    this.#tickAt = at;
    this.#cancelTick = this.clock.after(
      ms,
      () => {
        this.#cancelTick = undefined;
        this.#tickAt = Infinity;
        void this.#tick();
      },
      false,
    );
  }

  async #tick(): Promise<void> {
    const now = this.clock.now();
    const { up } = this.link;
    const providers = [...this.#providers.values()];
    const hasStore = this.#hasStore;
    if (hasStore && !this.#hadStore) for (const shares of providers) shares.cameUp(now);
    this.#hadStore = hasStore;
    for (const shares of providers) shares.tick(now, hasStore);
    if (up) this.#talk(now);
    const isActive = providers.some((shares) => shares.isActive(now));
    const isWanted = isActive && (!this.instances.has(this.#latest.leader) || this.#isSilent(now));
    const wait = providers.some(({ owes, isDue }) => owes || isDue) ? OWING_MS : TICK_MS;
    if (isActive || this.#seat.leader || providers.some(({ hasParts }) => hasParts))
      this.#tickIn(Math.min(wait, ...providers.map((shares) => Math.max(1, shares.lastsMs(now)))));
    if (!isActive && this.#seat.leader?.isIdle) {
      if (await this.#seat.leave()) this.#announce({ term: this.#latest.term, leader: '' });
    } else if (up) await this.#seat.tick(isWanted);
  }

  get #hasStore(): boolean {
    return this.link.up && this.link.lagMs < STUCK_MS;
  }

  /** Reports, and where this instance leads, grants. What it says to itself does not go over the store. */
  #talk(now: number): void {
    for (const [provider, rates] of this.instances.count > 1 ? this.#rates : []) {
      const news = rates.news(now);
      if (news !== undefined) this.#put(`${PREFIX}${provider}/${this.instanceId}`, 'rates', news);
    }
    for (const shares of this.#providers.values()) {
      const report = shares.report(now);
      if (!report) continue;
      if (this.#seat.leader) this.#reported(this.instanceId, shares.name, report);
      else this.#report(shares.name, report);
    }
    for (const [id, grant] of this.#seat.leader?.grants(now) ?? []) {
      const doc = PREFIX + id;
      const own = this.#own(doc);
      if (own) own.granted(grant, now);
      else {
        this.#granted.add(doc);
        // A field for each leader: it does not know what the one before wrote there.
        this.link.put(doc, `${GRANT}:${grant.leader}`, grantJson(grant), { to: { instance: id.split('/')[1]! } });
      }
    }
  }

  /** To the leader, where one is known. */
  #report(provider: string, report: Report): void {
    const { leader } = this.#latest;
    this.#put(
      `${PREFIX}${provider}/${this.instanceId}`,
      'report',
      reportJson(report),
      leader ? { instance: leader } : 'all',
    );
  }

  /** Writes to a document of this instance. */
  #put(doc: string, field: string, value: Json, to: Audience = 'all'): void {
    this.#written.add(doc);
    this.link.put(doc, field, value, { to });
  }

  #isSilent(now: number): boolean {
    for (const shares of this.#providers.values()) if (shares.unansweredMs(now) >= SILENT_MS) return true;
    return false;
  }

  #known() {
    const { instances } = this;
    return {
      get count(): number {
        return instances.count;
      },
      placeOf: (account: string): number => {
        let place = this.#places.get(account);
        if (place === undefined)
          this.#places.set(account, (place = rendezvousPlace(account, this.instanceId, instances.others)));
        return place;
      },
    };
  }

  #own(doc: string): ProviderShares | undefined {
    const [, provider, instance] = doc.split('/');
    return instance === this.instanceId ? this.#providers.get(provider!) : undefined;
  }

  /** Documents of instances that died are removed, by one of those that are left. */
  #sweepLater(): void {
    this.#cancelSweep ??= this.clock.after(
      SWEEP_MS,
      () => {
        this.#cancelSweep = undefined;
        this.#sweep();
      },
      false,
    );
  }

  #sweep(): void {
    if (this.#isStopped || this.#documents.size === 0) return;
    const before = this.clock.now() - SWEEP_MS;
    for (const [doc, seenAt] of this.#documents)
      if (seenAt <= before && this.#tidies && !this.instances.has(doc.split('/')[2] ?? '')) this.#drop(doc);
    if (this.#documents.size > 0) this.#sweepLater();
  }

  #drop(doc: string): void {
    this.#documents.delete(doc);
    this.link.drop(doc);
  }
}
