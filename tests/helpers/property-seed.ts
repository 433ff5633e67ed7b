import fc from 'fast-check'

// The same rows in each run of the tests, so that a run means the same everywhere. To look further, give another seed:
// DROPLAKE_PROPERTY_SEED=$RANDOM npx vitest run tests/property
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env.DROPLAKE_PROPERTY_SEED ?? 20211121) })
