import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: 'tests/helpers/build-once.ts',
    // Real files, real processes: a test may wait for a slow disk, not for ever.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    env: { TZ: 'America/Los_Angeles' },
  },
})
