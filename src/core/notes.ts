/**
 * What a draft of a spec could not take over, with a text in both languages. Placeholders:
 * `{subject}`, `{detail}`.
 */
export const noteTable = {
  ID_REPLACED: {
    en: 'the spec called itself {detail}; the new version is {subject}',
    ru: 'спецификация называлась {detail}; новая версия — {subject}',
  },
  SIDE_FILE_PART: {
    en: '{subject}: other parts of the file are not taken: {detail}',
    ru: '{subject}: остальные части файла не взяты: {detail}',
  },
  MODEL_NO_FOLDER: {
    en: '{subject} has no folder, and no loader looks at the top of the model store; say source=…,subdir={detail}',
    ru: '{subject}: не указана папка, а в корне хранилища загрузчики не ищут; запишите source=…,subdir={detail}',
  },
  CHECKSUM_NO_FILE: {
    en: '{subject}: no checksum, there is no file {detail}',
    ru: '{subject}: без контрольной суммы, нет файла {detail}',
  },
  CHECKSUM_SEVERAL: {
    en: '{subject}: no checksum, several files have its name: {detail}',
    ru: '{subject}: без контрольной суммы, одно имя у нескольких файлов: {detail}',
  },
  NO_PLACE: {
    en: '{subject} has no place in a spec: {detail}',
    ru: '{subject}: для этого нет места в спецификации: {detail}',
  },
} as const satisfies Record<string, { en: string; ru: string }>

export type NoteCode = keyof typeof noteTable
