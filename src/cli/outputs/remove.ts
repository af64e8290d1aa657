import * as z from 'zod'
import { editOutput } from './shared.ts'

export const removeOutput = z.strictObject(editOutput)
