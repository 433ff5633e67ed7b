import { defineConfig } from 'vitest/config'

// `.ci/run` counts passed, failed and skipped tests from this file.
const results = process.env.DROPLAKE_TEST_RESULTS

export default defineConfig({
  test: {
    ...(results ? { reporters: ['default', 'json'], outputFile: { json: results } } : {}),
    include: ['tests/**/*.test.ts'],
    // They take longer and have a config of their own: vitest.faults.config.ts.
    exclude: ['tests/faults/**'],
    globalSetup: 'tests/helpers/build-once.ts',
    setupFiles: 'tests/helpers/property-seed.ts',
    // Vitest leaves one core of two alone; most tests wait for a process or a disk now and then.
    maxWorkers: 2,
    // Each worker imports droplake, DuckDB and zod once, not for each of ninety files (1.2 s of CPU a file, 2026-11). Files share no state
    // through it: the only one that droplake keeps in a process is the locks that it holds, and faults are armed in processes of their own.
    isolate: false,
    // Real files, real processes: a test may wait for a slow disk, not for ever.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    unstubEnvs: true,
    // Pages take as long as the rest of a small run: tests that look at them ask for them.
    env: { TZ: 'America/Los_Angeles', DROPLAKE_REPORT_PAGES: 'false' },
  },
})
