import * as z from 'zod'
import { editOutput, notesOutput } from './shared.ts'

export const addOutput = z.strictObject({ ...editOutput, notes: notesOutput })
