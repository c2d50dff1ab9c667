const RULE_SPECS = ['vendors/{rules,rule-words,verdicts,vendor-cases,named-codes}.spec.ts'];

/** The pure core in groups: which files are mutated, and which unit tests have to notice. Paths below src/key-management. */
export const GROUPS = {
  transition: {
    mutate: ['pool/state/transition*.ts'],
    specs: ['pool/state/transition*.spec.ts', 'pool/state/durations.spec.ts'],
  },
  state: {
    mutate: ['pool/state/{settlement,removal-doubt,endpoint-name}.ts'],
    specs: ['pool/state/{settlement,removal-doubt,endpoint-name}.spec.ts'],
  },
  // What the user states.
  'stated-limits': {
    mutate: ['pool/limits/{hard-limits,minute-window,stated-limits,kept-limits}.ts'],
    specs: ['pool/limits/{hard-limits,minute-window,stated-limits,kept-limits}.spec.ts'],
  },
  // Of periods of the calendar.
  periods: {
    mutate: ['pool/limits/{period-meter,metered-call,budget,expected-tokens}.ts'],
    specs: ['pool/limits/{period-meter,metered-call,budget,expected-tokens}.spec.ts'],
  },
  // What headers state.
  headers: {
    mutate: ['pool/limits/{header-pace,meter,refill,limit-kind,send-lag}.ts'],
    specs: ['pool/limits/{header-pace,header-pace.calls,meter,refill,limit-kind,send-lag}.spec.ts'],
  },
  // What refusals teach.
  learned: {
    mutate: ['pool/limits/{learned-rate,prior-rates,refusal-cost,adaptive-concurrency,refused-dimension}.ts'],
    specs: ['pool/limits/{learned-rate,learned-rate.edges,adaptive-concurrency,account-discovery}.spec.ts'],
  },
  limiter: {
    mutate: ['pool/limits/rate-limiter.ts'],
    specs: ['pool/limits/rate-limiter*.spec.ts'],
  },
  accounts: {
    mutate: ['pool/limits/{account-discovery,first-contact,missed-calls}.ts'],
    specs: ['pool/limits/{account-discovery,first-contact,missed-calls}.spec.ts'],
  },
  decision: {
    mutate: ['execution/decision.ts', 'execution/failures/refusals.ts'],
    specs: ['execution/decision.spec.ts', 'execution/failures/refusals.spec.ts'],
  },
  waits: {
    mutate: ['classification/evidence/stated-*.ts', 'common/duration.ts', 'common/vendor-clock.ts'],
    specs: ['classification/evidence/stated-*.spec.ts', 'common/{duration,vendor-clock}.spec.ts'],
  },
  classification: {
    mutate: ['classification/classify.ts', 'classification/rule-matching.ts', 'vendors/contract/outcome.ts'],
    specs: [
      'classification/{classify,rule-matching}.spec.ts',
      'classification/evidence/named-account.spec.ts',
      'vendors/contract/outcome.spec.ts',
    ],
  },
  'rules-shared': {
    mutate: ['vendors/shared.rules.ts', 'vendors/contract/rule.ts'],
    specs: RULE_SPECS,
  },
  'rules-anthropic': { mutate: ['vendors/anthropic/*.rules.ts'], specs: RULE_SPECS },
  'rules-google': { mutate: ['vendors/google/*.rules.ts'], specs: RULE_SPECS },
  'rules-openai': { mutate: ['vendors/openai/*.rules.ts'], specs: RULE_SPECS },
  // Of what instances divide.
  shares: {
    mutate: ['store/shares/divide.ts'],
    specs: ['store/shares/divide.spec.ts'],
  },
  forecast: {
    mutate: ['forecast/run-out.ts'],
    specs: ['forecast/run-out{,.edges}.spec.ts'],
  },
};
