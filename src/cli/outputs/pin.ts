import * as z from 'zod'

export const pinOutput = z.strictObject({
  file: z.string().describe('Path of the requirements file.'),
  output: z.string().nullable().describe('Path of the list, when it was written.'),
  python: z.string().describe('Version of the interpreter that it holds for.'),
  packages: z.array(
    z.strictObject({
      name: z.string().describe('Normalized (PEP 503).'),
      version: z.string().nullable().describe('null for one that comes from an address.'),
      url: z.string().nullable(),
    }),
  ),
  text: z.string().describe('The list as a requirements file.'),
})
