import { defineConfig } from 'vitest/config'

// Faults of all kinds against real runs in real processes: `make test-faults` whole, `make test-faults-sample` a sample of each way.
const results = process.env.DROPLAKE_TEST_RESULTS

export default defineConfig({
  test: {
    ...(results ? { reporters: ['default', 'json'], outputFile: { json: `${results}.faults` } } : {}),
    include: ['tests/faults/**/*.test.ts'],
    globalSetup: 'tests/faults/helpers/setup.ts',
    maxWorkers: 2,
    // The whole suite kills more than a thousand runs.
    testTimeout: 3 * 3600 * 1000,
    hookTimeout: 60_000,
    // Pages of reports are written last, by runs that are done: the sample does without them.
    env: { TZ: 'America/Los_Angeles', DROPLAKE_REPORT_PAGES: String(process.env.DROPLAKE_FAULTS === 'whole') },
  },
})
