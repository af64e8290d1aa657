import * as z from 'zod'

export const nodesRunInstallOutput = z.strictObject({
  version_id: z.string(),
  home: z.string(),
  pack: z.string(),
  path: z.string().describe("The home's private copy of the pack."),
  exit_code: z.int(),
  added: z.array(z.string()).describe('Files that the script put there; folders end with a slash.'),
  changed: z.array(z.string()).describe('Files of the pack that it changed.'),
  ms: z.number(),
})
