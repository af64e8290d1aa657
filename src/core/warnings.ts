/** Warnings never stop the work; each has a text in both languages. Placeholders are parameters. */
export const warningTable = {
  SPEC_UNKNOWN_KEY: {
    en: '{file}: unknown key {path} is ignored',
    ru: '{file}: неизвестный ключ {path} пропущен',
  },
  SPEC_FIELD_OVERRULED: {
    en: '{file}: {path} is not used, because {winner} says something else',
    ru: '{file}: {path} не используется: {winner} указывает другое',
  },
  SPEC_ENV_UNSET: {
    en: '{file}: the variable {name} in env.{key} is not set and becomes empty',
    ru: '{file}: переменная {name} в env.{key} не задана, вместо неё будет пусто',
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
  LOCK_FROM_HOME: {
    en: 'the lock of {id} is lost; its pins are taken from its home, {file}',
    ru: 'файл закрепления {id} утерян; закрепления взяты из её дома, {file}',
  },
  OFFLINE_PACK_MISSING: {
    en: 'offline: pack {name} is not here; starting without it',
    ru: 'офлайн: пака {name} нет на диске; запуск без него',
  },
  OFFLINE_MODEL_MISSING: {
    en: 'offline: model {name} is not here; starting without it',
    ru: 'офлайн: модели {name} нет на диске; запуск без неё',
  },
  MODEL_WITHOUT_PACK: {
    en: 'model {name} goes into the folder of pack {pack}, which this version does not have; it is left out',
    ru: 'место модели {name} — в папке пака {pack}, которого в этой версии нет; модель пропущена',
  },
  OFFLINE_PACKAGE_MISSING: {
    en: 'offline: Python package {package} is not here (for {owners}); starting without it',
    ru: 'офлайн: пакета Python {package} нет на диске (нужен: {owners}); запуск без него',
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
  EXPORT_NO_PACKAGES: {
    en: 'the Python packages of {id} are not locked yet; realize it to export them',
    ru: 'пакеты Python версии {id} ещё не закреплены; разверните её, чтобы их выгрузить',
  },
  EXPORT_LEFT_OUT: {
    en: 'the format {format} has no place for {part}; left out: {count}',
    ru: 'в формате {format} нет места для {part}; пропущено: {count}',
  },
  EXPORT_LOCAL: {
    en: 'only this machine has {path}; elsewhere the version lacks it',
    ru: '{path} есть только на этой машине; в другом месте его не будет',
  },
  MODEL_SIZE_UNKNOWN: {
    en: 'the size of {source} is unknown; free space cannot be checked',
    ru: 'размер {source} неизвестен; свободное место не проверить',
  },
  PACK_FAILED: {
    en: 'pack {name} does not import: {reason}',
    ru: 'пак {name} не импортируется: {reason}',
  },
  PACK_NEEDS_PACKAGE: {
    en: 'pack {name} needs the module {module}: add "{package}" to python_packages',
    ru: 'паку {name} нужен модуль {module}: добавьте "{package}" в python_packages',
  },
  CORE_NEEDS_PACKAGE: {
    en: 'ComfyUI needs the module {module}, which no package of {id} brings: comfypin add {id} --python-package {package}',
    ru: 'ComfyUI нужен модуль {module}, которого нет ни в одном пакете {id}: comfypin add {id} --python-package {package}',
  },
  PACK_FEWER_NODES: {
    en: 'pack {name} has {now} nodes, {before} before; gone: {gone}',
    ru: 'у пака {name} узлов {now}, было {before}; пропали: {gone}',
  },
  NODES_WITHOUT_INFO: {
    en: 'ComfyUI cannot describe {nodes}; without that nobody can use them: {reason}',
    ru: 'ComfyUI не может описать {nodes}; без этого ими нельзя пользоваться: {reason}',
  },
  NODES_UNKNOWN: {
    en: 'ComfyUI starts, but does not list its nodes: {reason}',
    ru: 'ComfyUI запускается, но не перечисляет свои узлы: {reason}',
  },
  PACK_PRESTARTUP_FAILED: {
    en: 'prestartup script of pack {name} failed: {reason}',
    ru: 'скрипт prestartup пака {name} завершился ошибкой: {reason}',
  },
  PACK_WRITES: {
    en: 'pack {name} writes into its own folder; this home gets a private copy',
    ru: 'пак {name} пишет в свою папку; для этого дома сделана отдельная копия',
  },
  CORE_COPIED: {
    en: '{path} is a copy of the core: no hard links lead there from the cache',
    ru: '{path} — копия ядра: жёсткие ссылки из кэша туда невозможны',
  },
  PACK_LFS_MISSING: {
    en: 'pack {name} lacks files from Git LFS ({files}): {reason}; realize --check asks for them again',
    ru: 'паку {name} не хватает файлов из Git LFS ({files}): {reason}; realize --check запросит их снова',
  },
  PACK_WROTE_LATE: {
    en: 'pack {name} wrote into its shared checkout while it ran ({files}); this home has a private copy now, the checkout was made again',
    ru: 'пак {name} во время работы писал в общую копию ({files}); теперь у этого дома отдельная копия, общая создана заново',
  },
  PACK_WROTE_LATE_UNHEALED: {
    en: 'pack {name} wrote into its shared checkout while it ran ({files}), and that could not be put right: {reason}',
    ru: 'пак {name} во время работы писал в общую копию ({files}), исправить это не удалось: {reason}',
  },
  PYTHON_NOT_COPIED: {
    en: '{python} does not run as a copy ({reason}); the venv has a link to it',
    ru: 'копия {python} не запускается ({reason}); в venv остаётся ссылка',
  },
  PACK_INSTALL_REFUSED: {
    en: 'a pack tried to install Python packages while ComfyUI started, and may not ({reason}); add to python_packages what it needs',
    ru: 'пак пытался поставить пакеты Python при запуске ComfyUI, и это запрещено ({reason}); добавьте нужное ему в python_packages',
  },
  VENV_CHANGED: {
    en: 'a pack changed the Python packages while ComfyUI ran ({changes}); the locked ones are put back before the next start',
    ru: 'пак изменил пакеты Python во время работы ComfyUI ({changes}); до следующего запуска вернутся закреплённые',
  },
  PYTHON_TWINS: {
    en: '{removed} would overwrite the files of {kept}; only {kept} is installed',
    ru: '{removed} перезаписал бы файлы {kept}; ставится только {kept}',
  },
  PACK_INSTALL_SCRIPT: {
    en: 'pack {name} has an install.py; it is not run (comfypin nodes run-install {id} {name} would)',
    ru: 'у пака {name} есть install.py; он не запускается (запустит comfypin nodes run-install {id} {name})',
  },
  PACK_INSTALL_PACKAGES: {
    en: 'install.py of pack {name} may install {packages}, depending on the machine; add to python_packages what you need',
    ru: 'install.py пака {name} может поставить {packages}, смотря по машине; добавьте нужное в python_packages',
  },
  PACK_INSTALL_MODELS: {
    en: 'install.py of pack {name} would download {sources}; comfypin add {id} --from-install-scripts makes them models of the version',
    ru: 'install.py пака {name} скачал бы {sources}; comfypin add {id} --from-install-scripts сделает их моделями версии',
  },
  PACK_INSTALL_PIP: {
    en: 'install.py of pack {name} called pip, which is out of its reach here; add to python_packages what it wants',
    ru: 'install.py пака {name} вызвал pip, здесь он недоступен; добавьте нужное в python_packages',
  },
  PACK_INSTALL_CORE: {
    en: 'install.py of pack {name} wrote into the shared core ({files}); the core was made again, what was written is kept in the cache',
    ru: 'install.py пака {name} писал в общее ядро ({files}); ядро создано заново, записанное сохранено в кэше',
  },
  PACK_LISTS_DIFFER: {
    en: '{owner}: requirements.txt counts; pyproject.toml says otherwise: {difference}',
    ru: '{owner}: используется requirements.txt; в pyproject.toml иначе: {difference}',
  },
  PACK_CORE_MISMATCH: {
    en: 'pack {name} is made for ComfyUI {wanted}; this version has {version}',
    ru: 'пак {name} рассчитан на ComfyUI {wanted}; в этой версии {version}',
  },
  FOREIGN_ENTRY: {
    en: '{path} was not made by comfypin and hides pack {name}; move it away',
    ru: '{path} создан не comfypin и закрывает пак {name}; уберите его',
  },
  STEP_ALSO_FAILED: {
    en: '{subject} failed too: {reason}',
    ru: 'ещё не удалось: {subject}: {reason}',
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
