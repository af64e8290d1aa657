import * as z from 'zod'

export const completionOutput = z.strictObject({
  shell: z.enum(['bash', 'zsh', 'fish']),
  script: z.string(),
})
