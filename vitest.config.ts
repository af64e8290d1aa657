import { defineConfig } from 'vitest/config'

const common = { pool: 'forks', testTimeout: 60_000, hookTimeout: 300_000 } as const

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { test: { ...common, name: 'unit', include: ['src/**/*.test.ts'] } },
      {
        test: {
          ...common,
          name: 'system',
          include: ['test/**/*.test.ts'],
          globalSetup: 'test/helpers/build-once.ts',
        },
      },
    ],
  },
})
