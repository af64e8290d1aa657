/**
 * What `validate` can find about a version, in both languages; placeholders are parameters.
 * `next` is the command that puts it right: `resolve`, `realize`, or null where only the user can.
 */
export const validationTable = {
  LOCK_STALE: {
    next: 'resolve',
    en: 'missing or older than the spec',
    ru: 'нет или старше спецификации',
  },
  RESOLVE_FAILED: { next: null, en: '{reason}', ru: '{reason}' },
  PIN_UNKNOWN: { next: 'resolve', en: 'its pin is not known', ru: 'закрепление неизвестно' },
  COMMIT_NOT_CACHED: {
    next: 'realize',
    en: 'commit {name} is not in the cache',
    ru: 'коммита {name} нет в кэше',
  },
  ARCHIVE_NOT_CACHED: {
    next: 'realize',
    en: 'version {name} is not in the cache',
    ru: 'версии {name} нет в кэше',
  },
  CHECKOUT_CHANGED: {
    next: 'realize',
    en: 'changed in the cache: {files}',
    ru: 'изменено в кэше: {files}',
  },
  LFS_MISSING: {
    next: 'realize',
    en: 'lacks LFS files: {files}',
    ru: 'не хватает файлов LFS: {files}',
  },
  STATE_UNUSABLE: {
    next: null,
    en: 'its state in {path} cannot be used: {reason}',
    ru: 'его состояние в {path} непригодно: {reason}',
  },
  MODEL_NAMELESS: {
    next: 'resolve',
    en: 'only its server knows the name of its file',
    ru: 'имя файла знает только его сервер',
  },
  MODEL_MISSING: { next: 'realize', en: 'missing', ru: 'нет на диске' },
  MODEL_WITHOUT_PACK: {
    next: null,
    en: 'goes into the folder of pack {pack}, which this version does not have',
    ru: 'её место в папке пака {pack}, которого в этой версии нет',
  },
  MODEL_SIZE: {
    next: null,
    en: 'its size is not the one that was downloaded',
    ru: 'размер не тот, что был скачан',
  },
  MODEL_CHECKSUM: {
    next: null,
    en: 'its checksum is not the expected one',
    ru: 'контрольная сумма не та, что ожидалась',
  },
  HOME_MISSING: { next: 'realize', en: '{home} is not realized', ru: '{home} не развёрнут' },
  HOME_OUTDATED: { next: 'realize', en: '{home} is not up to date', ru: '{home} устарел' },
  PACK_BROKEN: { next: null, en: 'does not import: {reason}', ru: 'не импортируется: {reason}' },
} as const satisfies Record<string, ValidationRow>

interface ValidationRow {
  next: 'resolve' | 'realize' | null
  en: string
  ru: string
}

export type ValidationCode = keyof typeof validationTable
