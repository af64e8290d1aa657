/** Warnings never stop the work; each has a text in both languages. Placeholders are parameters. */
export const warningTable = {
  SPEC_UNKNOWN_KEY: {
    en: '{file}: unknown key {path} is ignored',
    ru: '{file}: неизвестный ключ {path} пропущен',
  },
  SPEC_ID_MISMATCH: {
    en: '{file}: version_id "{id}" differs from the file name',
    ru: '{file}: version_id "{id}" не совпадает с именем файла',
  },
  SPEC_ID_SHARED: {
    en: 'version_id "{id}" is used by several specs: {files}',
    ru: 'version_id "{id}" указан в нескольких файлах: {files}',
  },
  SPEC_BRANCH_AS_COMMIT: {
    en: '{repo}: "{value}" in commit is a branch or tag; pinned to {commit}',
    ru: '{repo}: "{value}" в поле commit — ветка или тег; закреплено на {commit}',
  },
  OFFLINE_PACK_MISSING: {
    en: 'offline: pack {name} is not here; starting without it',
    ru: 'офлайн: пака {name} нет на диске; запуск без него',
  },
  OFFLINE_MODEL_MISSING: {
    en: 'offline: model {name} is not here; starting without it',
    ru: 'офлайн: модели {name} нет на диске; запуск без неё',
  },
  OFFLINE_UNRESOLVED: {
    en: 'offline: the commit of {repo} is not known',
    ru: 'офлайн: коммит {repo} неизвестен',
  },
  OFFLINE_REGISTRY_UNKNOWN: {
    en: 'offline: the version of registry pack {id} is not known',
    ru: 'офлайн: версия пака {id} из реестра неизвестна',
  },
  REGISTRY_NOT_ACTIVE: {
    en: 'the registry lists {id} {version} as {status}',
    ru: 'в реестре {id} {version} имеет состояние {status}',
  },
  REGISTRY_DEPRECATED: {
    en: 'its author calls {id} {version} deprecated',
    ru: 'автор объявил {id} {version} устаревшим',
  },
  MODEL_SIZE_UNKNOWN: {
    en: 'the size of {source} is unknown; free space cannot be checked',
    ru: 'размер {source} неизвестен; свободное место не проверить',
  },
  PACK_FAILED: {
    en: 'pack {name} does not import: {reason}',
    ru: 'пак {name} не импортируется: {reason}',
  },
  PACK_PRESTARTUP_FAILED: {
    en: 'prestartup script of pack {name} failed: {reason}',
    ru: 'скрипт prestartup пака {name} завершился ошибкой: {reason}',
  },
  PACK_WRITES: {
    en: 'pack {name} writes into its own folder; this home gets a private copy',
    ru: 'пак {name} пишет в свою папку; для этого дома сделана отдельная копия',
  },
  PACK_LFS_MISSING: {
    en: 'pack {name} lacks files from Git LFS ({files}): {reason}; realize --check asks for them again',
    ru: 'паку {name} не хватает файлов из Git LFS ({files}): {reason}; realize --check запросит их снова',
  },
  PYTHON_TWINS: {
    en: '{removed} would overwrite the files of {kept}; only {kept} is installed',
    ru: '{removed} перезаписал бы файлы {kept}; ставится только {kept}',
  },
  PACK_INSTALL_SCRIPT: {
    en: 'pack {name} has an install.py; it is not run',
    ru: 'у пака {name} есть install.py; он не запускается',
  },
  FOREIGN_ENTRY: {
    en: '{path} was not made by comfypin and hides pack {name}; move it away',
    ru: '{path} создан не comfypin и закрывает пак {name}; уберите его',
  },
  CHECKOUT_REPAIRED: {
    en: '{path} was changed ({files}); it was made again, the changed files are in {kept}',
    ru: 'файлы в {path} изменены ({files}); копия создана заново, изменённые файлы в {kept}',
  },
  IMPORT_CHECK_FAILED: {
    en: 'the import check did not finish: {reason}',
    ru: 'проверка импорта не завершилась: {reason}',
  },
  JOB_PARTIAL_VALIDATION: {
    en: 'node {node} ({classType}) was left out: {reason}',
    ru: 'узел {node} ({classType}) пропущен: {reason}',
  },
  DISK_SPACE_UNKNOWN: {
    en: 'free space of {path} cannot be read',
    ru: 'не удалось узнать свободное место в {path}',
  },
  LOG_FILE_FAILED: {
    en: 'the log file {path} cannot be written: {reason}',
    ru: 'не удаётся писать журнал {path}: {reason}',
  },
  REQUIREMENT_OPTION_IGNORED: {
    en: '{owner}: "{line}" is ignored; package indexes are the machine\'s own',
    ru: '{owner}: «{line}» пропущено; индексы пакетов задаёт сама машина',
  },
  PYPROJECT_UNREADABLE: {
    en: '{owner}: pyproject.toml cannot be read: {reason}',
    ru: '{owner}: pyproject.toml не читается: {reason}',
  },
} as const satisfies Record<string, { en: string; ru: string }>

export type WarningCode = keyof typeof warningTable
