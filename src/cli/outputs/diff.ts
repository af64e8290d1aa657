import * as z from 'zod'

const side = z.strictObject({
  name: z.string(),
  kind: z.enum(['version', 'spec', 'lock', 'home', 'install']),
})

export const diffOutput = z.strictObject({
  a: side,
  b: side,
  level: z.enum(['spec', 'lock', 'home']),
  equal: z
    .boolean()
    .describe('Nothing differs, and no lock that was compared is older than its spec.'),
  stale: z
    .array(
      z.strictObject({
        name: z.string(),
        level: z.enum(['lock', 'home']),
        subjects: z.array(z.string()).describe('What is not as the spec asks.'),
      }),
    )
    .describe('Levels that are older than their spec: not compared unless asked for.'),
  changes: z.array(
    z.strictObject({
      part: z
        .enum([
          'core',
          'pack',
          'model',
          'requirement',
          'package',
          'python',
          'env',
          'option',
          'other',
        ])
        .describe('`requirement`: of the spec; `package`: locked or installed.'),
      name: z.string(),
      change: z.enum(['added', 'removed', 'changed']),
      from: z.string().nullable(),
      to: z.string().nullable(),
    }),
  ),
})
