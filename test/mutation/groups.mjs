// The pure core in groups: which files are mutated, and which unit tests have to notice. Paths below src/key-management.
export const GROUPS = {
  transition: {
    mutate: ['pool/state/transition*.ts'],
    specs: ['pool/state/transition*.spec.ts', 'pool/state/durations.spec.ts'],
  },
  limits: {
    mutate: ['pool/limits/*.ts'],
    specs: ['pool/limits/*.spec.ts'],
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
      'vendors/{rules,rule-words,verdicts}.spec.ts',
      'vendors/contract/outcome.spec.ts',
    ],
  },
  rules: {
    mutate: ['vendors/**/*.rules.ts', 'vendors/contract/rule.ts'],
    specs: ['vendors/{rules,rule-words,verdicts,vendor-cases}.spec.ts'],
  },
};
