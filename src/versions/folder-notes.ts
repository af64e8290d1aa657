import { redact } from '../core/redact.ts'
import type { DraftNote } from '../spec/draft.ts'
import { isRecord } from '../spec/parse-entries.ts'

/** No loader looks at the top of the model store. */
export function folderNotes(models: readonly unknown[]): DraftNote[] {
  return models.flatMap((model): DraftNote[] => {
    if (!isRecord(model) || hasFolder(model)) return []
    return [
      { code: 'MODEL_NO_FOLDER', subject: redact(String(model['source'])), detail: 'checkpoints' },
    ]
  })
}

/** True for a model as it is written that says where it goes. */
export function hasFolder(model: Readonly<Record<string, unknown>>): boolean {
  return ['target_subdir', 'target_path', 'path'].some((key) => Boolean(model[key]))
}
