/**
 * What a draft of a spec could not take over, with a text in both languages. Placeholders:
 * `{subject}`, `{detail}`.
 */
export const noteTable = {
  NO_PLACE: {
    en: '{subject} has no place in a spec: {detail}',
    ru: '{subject}: для этого нет места в спецификации: {detail}',
  },
} as const satisfies Record<string, { en: string; ru: string }>

export type NoteCode = keyof typeof noteTable
