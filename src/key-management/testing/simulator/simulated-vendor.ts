import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Behaviour, Outage } from './behaviour';
import { readBody, type RequestBody } from './core/body';
import type { Answer, Call, Endpoint, Headers } from './core/call';
import { CallLog } from './core/call-log';
import type { CallRecord } from './core/call-record';
import { maskedKey } from './core/credentials';
import { VendorObjects } from './core/objects';
import { newPlan, refuse, type Plan } from './core/plan';
import type { VendorProfile } from './core/profile';
import { readCall } from './core/read-call';
import { Responder } from './core/responder';
import type { SetTimer } from './core/timers';
import { compile, compileOutage } from './layers/compile';
import type { Layer, LayerContext } from './layers/layer';
import { bodyOf } from './layers/situations';
import { QuotaGroups } from './limits/quota-groups';

export interface VendorSettings {
  readonly clock: () => number;
  readonly setTimer: SetTimer;
  readonly logLimit: number;
  /** A fake key of a vendor's shape, always the same for the same number. */
  readonly keyOf: (vendor: string, n: number) => string;
}

/** One vendor: its scripted keys, its weather and the log of what it was asked. */
export class SimulatedVendor {
  readonly calls: CallLog;
  /** What GET models lists. Any other model answers too, unless `strictModels`. */
  models: readonly string[];
  strictModels = false;

  readonly #scripts = new Map<string, Layer>();
  readonly #groups = new QuotaGroups();
  readonly #objects = new VendorObjects();
  readonly #context: LayerContext;
  #weather: Layer | undefined;
  #outageLayer: Layer | undefined;
  #requests = 0;
  #made = 0;

  constructor(
    readonly name: string,
    readonly profile: VendorProfile,
    private readonly origin: () => string,
    private readonly settings: VendorSettings,
  ) {
    this.calls = new CallLog(settings.logLimit);
    this.models = profile.models;
    this.#context = { profile, limiterFor: (limits) => this.#groups.limiterFor(limits) };
  }

  /** Without the version path. */
  get baseUrl(): string {
    return `${this.origin()}/${this.name}`;
  }

  get inFlight(): number {
    return this.calls.inFlight;
  }

  /** Scripts a key, anew if it was scripted before; no behaviour means a valid key. Returns the key. */
  key(key: string, ...behaviours: readonly Behaviour[]): string {
    this.#scripts.set(key, compile(behaviours, this.#context));
    return key;
  }

  /** Makes fake keys never given out before, all scripted alike. */
  newKeys(count: number, ...behaviours: readonly Behaviour[]): string[] {
    return Array.from({ length: count }, () =>
      this.key(this.settings.keyOf(this.name, (this.#made += 1)), ...behaviours),
    );
  }

  /** The keys belong to one organization: they share its files, batches and responses, which no other organization sees. */
  organize(organization: string, keys: readonly string[]): void {
    this.#objects.organize(keys, organization);
  }

  /** Whether the organization of the key has the object. */
  has(key: string, id: string): boolean {
    return this.#objects.seenBy(key).find(id) !== undefined;
  }

  /** From now on the vendor does not know the key. */
  forget(key: string): void {
    this.#scripts.delete(key);
  }

  /** Behaviours in front of every known key's own; none clears them. */
  everywhere(...behaviours: readonly Behaviour[]): void {
    this.#weather = behaviours.length === 0 ? undefined : compile(behaviours, this.#context);
  }

  /** The whole vendor answers so, to known and unknown keys, until cleared with undefined. */
  outage(outage: Outage | undefined): void {
    this.#outageLayer = outage === undefined ? undefined : compileOutage(outage, this.#context);
  }

  /** Back to a vendor that knows no key and was never asked anything. */
  reset(): void {
    this.#scripts.clear();
    this.#groups.clear();
    this.#objects.clear();
    this.#weather = undefined;
    this.#outageLayer = undefined;
    this.models = this.profile.models;
    this.strictModels = false;
    this.calls.reset();
  }

  handle(request: IncomingMessage, response: ServerResponse, path: string, query: string): void {
    readBody(request, this.profile.maxBodyBytes, (body) => this.#answer(request, response, path, query, body));
  }

  #answer(request: IncomingMessage, response: ServerResponse, path: string, query: string, body: RequestBody): void {
    const { profile } = this;
    const method = request.method as string;
    const requestId = profile.requestId((this.#requests += 1));
    const endpoint = profile.route(method, path);
    const call = readCall(
      { request, path, query, body, endpoint, requestId, now: this.settings.clock(), models: this.models },
      profile,
    );
    const record: CallRecord = {
      seq: this.#requests,
      at: call.now,
      vendor: this.name,
      key: call.key,
      maskedKey: maskedKey(call.key),
      credentials: call.credentials,
      method,
      path,
      query,
      operation: endpoint?.operation,
      model: call.model,
      stream: call.stream,
      headers: request.headers,
      body: call.body,
      outcome: '',
      status: undefined,
      aborted: false,
      done: false,
    };
    const plan = newPlan();
    this.#decide(call, endpoint, body, plan);
    record.outcome = plan.outcome;
    this.calls.arrived(record);

    const responder = new Responder(
      response,
      profile,
      requestId,
      this.settings.setTimer,
      (status) => this.calls.answered(record, status),
      (bytes) => (record.flooded = (record.flooded ?? 0) + bytes),
    );
    response.on('close', () => {
      responder.onClose();
      this.calls.ended(record, !response.writableFinished && !responder.tornDown);
    });
    responder.carryOut(plan, call);
  }

  #decide(call: Call, endpoint: Endpoint | undefined, body: RequestBody, plan: Plan): void {
    const { profile } = this;
    if (this.#outageLayer?.(call, plan)) {
      plan.outcome = 'outage';
      return;
    }
    if (endpoint === undefined) {
      refuse(plan, 'not_found', profile.unknownPath(call.method, call.path, call.requestId));
    } else if (body.kind === 'too_large') {
      refuse(plan, 'caller_fault', profile.tooLarge(call.requestId));
    } else if (call.key === '') {
      refuse(plan, 'missing_key', profile.missingKey(call));
    } else {
      this.#decideForKey(call, body, plan);
    }
  }

  #decideForKey(call: Call, body: RequestBody, plan: Plan): void {
    const { profile } = this;
    const fault = profile.gate?.(call);
    const script = this.#scripts.get(call.key);
    if (fault !== undefined) {
      refuse(plan, 'caller_fault', fault);
    } else if (script === undefined) {
      refuse(plan, 'unknown_key', bodyOf(profile, 'invalid')(call));
    } else if (!this.#weather?.(call, plan) && !script(call, plan)) {
      if (call.endpoint.operation === 'objects') return this.#answerObject(call, plan);
      const refused =
        body.kind === 'unparseable'
          ? profile.unparseable(call.requestId)
          : (profile.validate(call) ?? this.#strict(call) ?? this.#missing(call));
      if (refused !== undefined) refuse(plan, 'caller_fault', refused);
      else if (call.endpoint.operation === 'models') plan.headers ??= this.#organizationHeaders(call);
      else {
        plan.headers ??= { ...profile.limits.headers([], call.now), ...this.#organizationHeaders(call) };
        profile.objects?.made?.(call, this.#objects.seenBy(call.key));
      }
    }
  }

  #answerObject(call: Call, plan: Plan): void {
    const answer = this.profile.objects!.answer(call, this.#objects.seenBy(call.key));
    const headers = {
      ...this.profile.successHeaders(call.requestId),
      ...this.#organizationHeaders(call),
      ...answer.headers,
    };
    refuse(plan, answer.status < 400 ? 'ok' : 'no_such_object', { ...answer, headers });
  }

  #missing(call: Call): Answer | undefined {
    const answer = this.profile.objects?.missing(call, this.#objects.seenBy(call.key));
    return answer && { ...answer, headers: { ...this.#organizationHeaders(call), ...answer.headers } };
  }

  #organizationHeaders({ key }: Call): Headers | undefined {
    const name = this.#objects.nameOf(key);
    return name === undefined ? undefined : this.profile.objects?.headers?.(name);
  }

  #strict(call: Call): Answer | undefined {
    if (!this.strictModels || call.model === '' || this.models.includes(call.model)) return undefined;
    return bodyOf(this.profile, 'modelUnavailable')(call);
  }
}
