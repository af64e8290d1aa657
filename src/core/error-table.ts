/**
 * One row per expected failure: exit code (1 operation failed, 2 usage or spec error,
 * 130 interrupted), HTTP status, text and hint in both languages. Placeholders are parameters.
 */
export const errorTable = {
  INTERNAL: {
    exit: 1,
    http: 500,
    en: 'unexpected failure: {reason}',
    ru: 'непредвиденная ошибка: {reason}',
    hint: {
      en: 'run again with COMFYPIN_DEBUG=1 and report it',
      ru: 'повторите с COMFYPIN_DEBUG=1 и сообщите нам',
    },
  },
  INTERRUPTED: {
    exit: 130,
    http: 499,
    en: 'interrupted',
    ru: 'прервано',
    hint: {
      en: 'run the same command again: it goes on where it stopped',
      ru: 'повторите ту же команду: она продолжит с места остановки',
    },
  },
  USAGE: {
    exit: 2,
    http: 400,
    en: '{reason}',
    ru: '{reason}',
    hint: { en: 'see comfypin --help', ru: 'смотрите comfypin --help' },
  },
  SETTING_NOT_NUMBER: {
    exit: 2,
    http: 400,
    en: '{name} must be a positive number, not "{value}"',
    ru: '{name}: нужно положительное число, а не «{value}»',
    hint: { en: 'set {name} right or unset it', ru: 'исправьте {name} или уберите' },
  },
  SETTING_NOT_BOOLEAN: {
    exit: 2,
    http: 400,
    en: '{name} must be 1, true, 0 or false, not "{value}"',
    ru: '{name}: нужно 1, true, 0 или false, а не «{value}»',
    hint: { en: 'set {name} right or unset it', ru: 'исправьте {name} или уберите' },
  },
  SETTING_NOT_ADDRESS: {
    exit: 2,
    http: 400,
    en: '{name} must be an http or https address, not "{value}"',
    ru: '{name}: нужен адрес http или https, а не «{value}»',
    hint: { en: 'set {name} right or unset it', ru: 'исправьте {name} или уберите' },
  },
  ARGUMENT_OWNED: {
    exit: 2,
    http: 400,
    en: '{name} cannot be passed through to ComfyUI: comfypin sets it',
    ru: '{name} нельзя передать ComfyUI: этот флаг ставит comfypin',
    hint: {
      en: "use comfypin's own --host, --port and --target",
      ru: 'есть флаги самого comfypin: --host, --port и --target',
    },
  },
  HOST_INVALID: {
    exit: 2,
    http: 400,
    en: 'cannot listen on {host} port {port}: {reason}',
    ru: 'не удаётся слушать {host}, порт {port}: {reason}',
    hint: { en: 'use an address of this machine', ru: 'укажите адрес этой машины' },
  },
  SPEC_NOT_FOUND: {
    exit: 2,
    http: 404,
    en: 'no spec for version "{id}": {path} does not exist',
    ru: 'нет файла версии «{id}»: {path} не существует',
    hint: { en: '{suggestion}', ru: '{suggestion}' },
  },
  SPEC_INVALID: {
    exit: 2,
    http: 422,
    en: '{file} is not a valid spec:\n{problems}',
    ru: '{file} не является верной спецификацией:\n{problems}',
    hint: {
      en: 'every problem is listed; the format is in schemas/spec.schema.json',
      ru: 'перечислены все ошибки; формат описан в schemas/spec.schema.json',
    },
  },
  SPEC_UNREADABLE: {
    exit: 2,
    http: 422,
    en: '{file} cannot be read: {reason}',
    ru: '{file} не читается: {reason}',
    hint: { en: 'check the path and its permissions', ru: 'проверьте путь и права' },
  },
  ID_INVALID: {
    exit: 2,
    http: 400,
    en: '"{id}" is not a version id',
    ru: '«{id}» не подходит как id версии',
    hint: {
      en: 'letters, digits, ".", "_" and "-", at most 128, starting with a letter or digit',
      ru: 'буквы, цифры, «.», «_», «-», не больше 128, первой — буква или цифра',
    },
  },
  LOCK_INVALID: {
    exit: 1,
    http: 500,
    en: 'the lock {file} is damaged: {reason}',
    ru: 'файл блокировки версий {file} повреждён: {reason}',
    hint: {
      en: 'make it again: comfypin resolve {id} --refresh',
      ru: 'создайте заново: comfypin resolve {id} --refresh',
    },
  },
  OFFLINE_NO_CORE: {
    exit: 1,
    http: 503,
    en: 'offline: the ComfyUI core {repo} is not in the cache',
    ru: 'офлайн: ядра ComfyUI {repo} нет в кэше',
    hint: {
      en: 'realize it once with a network',
      ru: 'разверните версию один раз с сетью',
    },
  },
  GIT_MISSING: {
    exit: 1,
    http: 500,
    en: 'git is not installed',
    ru: 'git не установлен',
    hint: { en: 'install git 2.20 or newer', ru: 'установите git 2.20 или новее' },
  },
  GIT_REF_NOT_FOUND: {
    exit: 2,
    http: 422,
    en: 'ref "{ref}" does not exist in {repo}',
    ru: 'ссылки «{ref}» нет в {repo}',
    hint: { en: 'it has {known}', ru: 'там есть {known}' },
  },
  GIT_SHORT_COMMIT: {
    exit: 2,
    http: 422,
    en: 'commit "{commit}" of {repo} is abbreviated',
    ru: 'коммит «{commit}» из {repo} сокращён',
    hint: { en: 'write all 40 characters', ru: 'запишите все 40 символов' },
  },
  GIT_REMOTE_FAILED: {
    exit: 1,
    http: 502,
    en: '{repo} ({ref}) cannot be reached: {reason}',
    ru: '{repo} ({ref}) недоступен: {reason}',
    hint: {
      en: 'check the address, the network, and for private repositories the credentials',
      ru: 'проверьте адрес, сеть, а для закрытых репозиториев — доступ',
    },
  },
  GIT_AUTH: {
    exit: 1,
    http: 502,
    en: '{repo} ({ref}) needs a login: {reason}',
    ru: '{repo} ({ref}) требует входа: {reason}',
    hint: {
      en: 'set GITHUB_TOKEN for github.com, or a git credential helper',
      ru: 'задайте GITHUB_TOKEN для github.com или git credential helper',
    },
  },
  GIT_COMMIT_MISSING: {
    exit: 1,
    http: 502,
    en: 'commit {commit} is not in {repo}: {reason}',
    ru: 'коммита {commit} нет в {repo}: {reason}',
    hint: {
      en: 'the commit may have been removed by a force push; pin another one',
      ru: 'коммит мог исчезнуть после force push; закрепите другой',
    },
  },
  GIT_FAILED: {
    exit: 1,
    http: 500,
    en: 'git {verb} failed for {repo}: {reason}',
    ru: 'git {verb} для {repo} завершился ошибкой: {reason}',
    hint: {
      en: 'run the command again; what is whole is kept',
      ru: 'повторите команду; готовое сохранено',
    },
  },
  GIT_SUBMODULE_REFUSED: {
    exit: 1,
    http: 422,
    en: 'submodule {path} of {repo} names "{url}": {reason}',
    ru: 'подмодуль {path} из {repo} указывает на «{url}»: {reason}',
    hint: {
      en: 'do not use this commit, or ask its author to correct .gitmodules',
      ru: 'не используйте этот коммит или попросите автора исправить .gitmodules',
    },
  },
  GIT_LFS_MISSING: {
    exit: 1,
    http: 502,
    en: 'files of {repo} in Git LFS cannot be fetched ({files}): {reason}',
    ru: 'файлы {repo} из Git LFS не получены ({files}): {reason}',
    hint: {
      en: 'run the command again; for private repositories give the credentials',
      ru: 'повторите команду; для закрытых репозиториев задайте доступ',
    },
  },
  REGISTRY_FAILED: {
    exit: 1,
    http: 502,
    en: 'the registry cannot tell about {id}: {reason}',
    ru: 'реестр не отвечает о паке {id}: {reason}',
    hint: {
      en: 'check the network and COMFYPIN_REGISTRY_ENDPOINT ({endpoint})',
      ru: 'проверьте сеть и COMFYPIN_REGISTRY_ENDPOINT ({endpoint})',
    },
  },
  REGISTRY_NOT_FOUND: {
    exit: 2,
    http: 422,
    en: 'pack {id} {version} is not in the registry',
    ru: 'пака {id} {version} нет в реестре',
    hint: { en: 'it has {known}', ru: 'там есть {known}' },
  },
  REGISTRY_BANNED: {
    exit: 1,
    http: 403,
    en: 'the registry has banned {id} {version}',
    ru: 'реестр запретил {id} {version}',
    hint: {
      en: 'choose another version of it, or leave the pack out; it has {known}',
      ru: 'выберите другую версию или уберите этот пак; есть {known}',
    },
  },
  ARCHIVE_REFUSED: {
    exit: 1,
    http: 422,
    en: 'the archive of {id} {version} is refused: {reason}',
    ru: 'архив {id} {version} отклонён: {reason}',
    hint: {
      en: 'nothing of it was kept; choose another version, or its git repository',
      ru: 'ничего из него не сохранено; выберите другую версию или её git-репозиторий',
    },
  },
  UV_MISSING: {
    exit: 1,
    http: 500,
    en: 'uv is not here and cannot be fetched: {reason}',
    ru: 'uv не найден и не может быть получен: {reason}',
    hint: {
      en: 'pip install uv, or set COMFYPIN_UV',
      ru: 'pip install uv или задайте COMFYPIN_UV',
    },
  },
  PYTHON_NOT_FOUND: {
    exit: 2,
    http: 422,
    en: 'Python "{python}" is not here: {reason}',
    ru: 'Python «{python}» не найден: {reason}',
    hint: {
      en: 'set COMFY_PYTHON (environment or spec) to an interpreter of version 3.10 or newer',
      ru: 'задайте в COMFY_PYTHON (окружение или спецификация) интерпретатор 3.10 или новее',
    },
  },
  PYTHON_CONFLICT: {
    exit: 1,
    http: 422,
    en: 'the Python requirements cannot be met together:\n{reason}',
    ru: 'требования Python несовместимы:\n{reason}',
    hint: { en: 'change or remove one of: {owners}', ru: 'измените или уберите одно из: {owners}' },
  },
  PYTHON_INSTALL: {
    exit: 1,
    http: 500,
    en: 'Python package {package} cannot be installed:\n{reason}',
    ru: 'пакет Python {package} не устанавливается:\n{reason}',
    hint: { en: 'the whole log: {log}', ru: 'полный журнал: {log}' },
  },
  REQUIREMENT_INVALID: {
    exit: 2,
    http: 422,
    en: '{owner}: "{line}" is not a requirement',
    ru: '{owner}: «{line}» не является требованием',
    hint: { en: 'write it as pip does: name==1.2.3', ru: 'запишите как для pip: name==1.2.3' },
  },
  REQUIREMENT_REFUSED: {
    exit: 2,
    http: 422,
    en: '{owner}: "{line}" is refused: {reason}',
    ru: '{owner}: «{line}» отклонено: {reason}',
    hint: {
      en: 'a pack can be used without its list: "install_requirements": false, and python_packages',
      ru: 'пак можно использовать без его списка: "install_requirements": false и python_packages',
    },
  },
  PYTHON_RESOLVE: {
    exit: 1,
    http: 502,
    en: 'the Python requirements cannot be resolved:\n{reason}',
    ru: 'требования Python не удаётся разрешить:\n{reason}',
    hint: {
      en: 'asked for by: {owners}; check the network and the package index; the whole log: {log}',
      ru: 'это нужно для: {owners}; проверьте сеть и индекс пакетов; полный журнал: {log}',
    },
  },
  PYTHON_OFFLINE: {
    exit: 1,
    http: 503,
    en: 'offline, the Python requirements cannot be met:\n{reason}',
    ru: 'офлайн требования Python не выполнить:\n{reason}',
    hint: {
      en: 'run once with the network, or give the wheels with --wheels-dir',
      ru: 'запустите один раз с сетью или укажите пакеты через --wheels-dir',
    },
  },
  PYTHON_HASH: {
    exit: 1,
    http: 502,
    en: '{owner}: no file of the package has the hash of "{line}"',
    ru: '{owner}: ни один файл пакета не имеет хеша из «{line}»',
    hint: {
      en: 'check the hash, or which index the package comes from',
      ru: 'проверьте хеш или индекс, из которого берётся пакет',
    },
  },
  WHEEL_MISSING: {
    exit: 1,
    http: 422,
    en: 'the wheel {file} is in none of: {dirs}',
    ru: 'пакета {file} нет ни в одной из папок: {dirs}',
    hint: {
      en: 'name its folder with --wheels-dir or UV_FIND_LINKS',
      ru: 'укажите его папку через --wheels-dir или UV_FIND_LINKS',
    },
  },
  MODEL_SOURCE_UNSUPPORTED: {
    exit: 2,
    http: 422,
    en: 'source "{source}" has a scheme that is not known',
    ru: 'у источника «{source}» неизвестная схема',
    hint: { en: 'known: {known}', ru: 'известны: {known}' },
  },
  MODEL_SOURCE_INVALID: {
    exit: 2,
    http: 422,
    en: 'source "{source}" is not valid: {reason}',
    ru: 'источник «{source}» записан неверно: {reason}',
    hint: { en: 'write it as {form}', ru: 'запишите его как {form}' },
  },
  MODEL_SOURCE_NOT_YET: {
    exit: 2,
    http: 422,
    en: 'source "{source}": {scheme} is not supported yet',
    ru: 'источник «{source}»: {scheme} пока не поддерживается',
    hint: {
      en: 'use one of {known} until it is',
      ru: 'пока используйте одно из: {known}',
    },
  },
  MODEL_FILE_FOREIGN: {
    exit: 1,
    http: 409,
    en: '{path} is already there and cannot be taken for {source}: {reason}',
    ru: '{path} уже существует и не может считаться файлом {source}: {reason}',
    hint: {
      en: 'move it away, give the model another name, or give its checksum in the spec',
      ru: 'уберите его, дайте модели другое имя или укажите её checksum в спецификации',
    },
  },
  MODEL_TARGET_TAKEN: {
    exit: 1,
    http: 409,
    en: '{path} belongs to another source ({other}), not to {source}',
    ru: '{path} принадлежит другому источнику ({other}), а не {source}',
    hint: {
      en: 'give one of the two models another name',
      ru: 'дайте одной из моделей другое имя',
    },
  },
  DOWNLOAD_HTTP: {
    exit: 1,
    http: 502,
    en: '{source} answers {status}',
    ru: '{source} отвечает {status}',
    hint: { en: '{hint}', ru: '{hint}' },
  },
  DOWNLOAD_FAILED: {
    exit: 1,
    http: 502,
    en: '{source} cannot be downloaded: {reason}',
    ru: '{source} не скачивается: {reason}',
    hint: {
      en: 'run the command again: it goes on from {received}',
      ru: 'повторите команду: она продолжит с {received}',
    },
  },
  DOWNLOAD_SIZE: {
    exit: 1,
    http: 502,
    en: '{source} sent {received} bytes instead of {expected}',
    ru: '{source} прислал {received} байт вместо {expected}',
    hint: {
      en: 'the source is broken or lies about its size; nothing was kept',
      ru: 'источник повреждён или неверно сообщает размер; ничего не сохранено',
    },
  },
  DOWNLOAD_CHECKSUM: {
    exit: 1,
    http: 502,
    en: '{source}: {algorithm} is {actual}, expected {expected}',
    ru: '{source}: {algorithm} = {actual}, ожидалось {expected}',
    hint: {
      en: 'the file was rejected; check the source or the checksum in the spec',
      ru: 'файл отклонён; проверьте источник или сумму в спецификации',
    },
  },
  SOURCE_FILE_MISSING: {
    exit: 1,
    http: 422,
    en: 'the file {source} does not exist',
    ru: 'файл {source} не существует',
    hint: {
      en: 'relative paths start at the spec file',
      ru: 'относительные пути считаются от файла спецификации',
    },
  },
  DISK_FULL: {
    exit: 1,
    http: 507,
    en: '{path} has {free} free, {needed} are needed',
    ru: 'в {path} свободно {free}, нужно {needed}',
    hint: {
      en: 'free some space, or skip this check with COMFYPIN_SKIP_SPACE_CHECK=1',
      ru: 'освободите место или отключите проверку: COMFYPIN_SKIP_SPACE_CHECK=1',
    },
  },
  DISK_WRITE: {
    exit: 1,
    http: 507,
    en: '{path} cannot be written: {reason}',
    ru: 'не удаётся записать {path}: {reason}',
    hint: { en: 'check free space and permissions', ru: 'проверьте свободное место и права' },
  },
  PATH_UNSAFE: {
    exit: 2,
    http: 400,
    en: '{path} leaves {root}',
    ru: '{path} выходит за пределы {root}',
    hint: { en: 'use a relative path without ".."', ru: 'используйте относительный путь без «..»' },
  },
  HOME_FOREIGN: {
    exit: 1,
    http: 409,
    en: '{home} is not empty and was not made by comfypin',
    ru: '{home} не пуста и создана не comfypin',
    hint: { en: 'choose another folder with --target', ru: 'выберите другую папку через --target' },
  },
  HOME_OTHER_VERSION: {
    exit: 1,
    http: 409,
    en: '{home} belongs to version "{other}", not "{id}"',
    ru: '{home} принадлежит версии «{other}», а не «{id}»',
    hint: { en: 'choose another folder with --target', ru: 'выберите другую папку через --target' },
  },
  HOME_MISSING: {
    exit: 1,
    http: 409,
    en: 'version "{id}" is not realized in {home}',
    ru: 'версия «{id}» не развёрнута в {home}',
    hint: { en: 'comfypin realize {id}', ru: 'comfypin realize {id}' },
  },
  PACK_MISSING: {
    exit: 1,
    http: 502,
    en: 'pack {name} ({repo}) cannot be made ready: {reason}',
    ru: 'пак {name} ({repo}) не подготовлен: {reason}',
    hint: {
      en: 'check its repo, ref and commit in the spec',
      ru: 'проверьте repo, ref и commit в спецификации',
    },
  },
  PACK_FOLDER_MISSING: {
    exit: 2,
    http: 422,
    en: 'pack {name}: {repo} has no folder "{subdir}" at this commit',
    ru: 'пак {name}: в {repo} на этом коммите нет папки «{subdir}»',
    hint: { en: 'it has {known}', ru: 'там есть {known}' },
  },
  INSTANCE_DIED: {
    exit: 1,
    http: 502,
    en: 'ComfyUI ended ({status})\n{log}',
    ru: 'ComfyUI завершился ({status})\n{log}',
    hint: { en: 'the last lines of its log are above', ru: 'последние строки журнала выше' },
  },
  WORKER_DIED: {
    exit: 1,
    http: 502,
    en: 'the prompt worker of ComfyUI died; the instance answers, and runs nothing any more\n{log}',
    ru: 'рабочий поток ComfyUI умер: процесс отвечает, но больше ничего не выполняет\n{log}',
    hint: { en: 'the last lines of its log are above', ru: 'последние строки журнала выше' },
  },
  INSTANCE_TIMEOUT: {
    exit: 1,
    http: 504,
    en: 'ComfyUI did not answer within {seconds} s\n{log}',
    ru: 'ComfyUI не ответил за {seconds} с\n{log}',
    hint: { en: 'raise COMFYPIN_START_TIMEOUT', ru: 'увеличьте COMFYPIN_START_TIMEOUT' },
  },
  PORT_TAKEN: {
    exit: 1,
    http: 409,
    en: 'port {port} of {host} is in use',
    ru: 'порт {port} на {host} занят',
    hint: { en: 'choose another one with --port', ru: 'выберите другой через --port' },
  },
  WORKFLOW_UNREADABLE: {
    exit: 2,
    http: 400,
    en: 'workflow {file} cannot be read: {reason}',
    ru: 'workflow {file} не читается: {reason}',
    hint: { en: 'give a JSON file in API format', ru: 'нужен JSON-файл в формате API' },
  },
  WORKFLOW_UI_FORMAT: {
    exit: 2,
    http: 400,
    en: '{file} is a workflow in UI format',
    ru: '{file} — workflow в формате интерфейса',
    hint: {
      en: 'export it from ComfyUI with "Export (API)"',
      ru: 'экспортируйте его из ComfyUI через «Export (API)»',
    },
  },
  WORKFLOW_REFUSED: {
    exit: 1,
    http: 422,
    en: 'ComfyUI refuses the workflow: {reason}\n{nodes}',
    ru: 'ComfyUI отклонил workflow: {reason}\n{nodes}',
    hint: {
      en: 'check the node inputs and that every pack and model is in the version',
      ru: 'проверьте входы узлов и наличие паков и моделей в версии',
    },
  },
  JOB_FAILED: {
    exit: 1,
    http: 500,
    en: 'node {node} ({classType}) failed: {exception}: {message}',
    ru: 'узел {node} ({classType}) завершился ошибкой: {exception}: {message}',
    hint: {
      en: 'run again with --verbose to see the traceback',
      ru: 'повторите с --verbose, чтобы увидеть трассировку',
    },
  },
  JOB_TIMEOUT: {
    exit: 1,
    http: 504,
    en: 'the job was interrupted after {seconds} s',
    ru: 'задание прервано через {seconds} с',
    hint: { en: 'raise --timeout', ru: 'увеличьте --timeout' },
  },
  JOB_INTERRUPTED: {
    exit: 1,
    http: 499,
    en: 'the job was interrupted in node {node}',
    ru: 'задание прервано на узле {node}',
    hint: { en: 'somebody else stopped it', ru: 'его остановил кто-то другой' },
  },
  JOB_NO_ARTIFACTS: {
    exit: 1,
    http: 422,
    en: 'the workflow produced no output artifacts',
    ru: 'workflow не создал ни одного файла',
    hint: {
      en: 'it needs a node that saves, such as SaveImage',
      ru: 'нужен сохраняющий узел, например SaveImage',
    },
  },
  JOB_PROTOCOL: {
    exit: 1,
    http: 502,
    en: 'ComfyUI answered unexpectedly: {reason}',
    ru: 'неожиданный ответ ComfyUI: {reason}',
    hint: { en: 'report it with the ComfyUI version', ru: 'сообщите нам вместе с версией ComfyUI' },
  },
  SMOKE_NO_WORKFLOW: {
    exit: 1,
    http: 422,
    en: 'this version has none of the nodes that the built-in smoke workflows use',
    ru: 'в этой версии нет узлов, которые нужны встроенным проверочным workflow',
    hint: {
      en: 'give one with --workflow',
      ru: 'передайте свой через --workflow',
    },
  },
  JOB_ARTIFACT_MISSING: {
    exit: 1,
    http: 502,
    en: 'node {node} reports {name}, but that file is not there',
    ru: 'узел {node} сообщает о файле {name}, но его нет',
    hint: {
      en: 'ComfyUI repeats cached results: change an input of that node, or start ComfyUI again',
      ru: 'ComfyUI повторяет сохранённый результат: измените вход этого узла или перезапустите ComfyUI',
    },
  },
  ACCESS_DENIED: {
    exit: 1,
    http: 500,
    en: 'no permission: {reason}',
    ru: 'нет прав: {reason}',
    hint: {
      en: 'check who owns the path, and whether this user may read it',
      ru: 'проверьте, чей это путь и может ли этот пользователь его читать',
    },
  },
} as const satisfies Record<string, ErrorRow>

interface ErrorRow {
  exit: 1 | 2 | 130
  http: number
  en: string
  ru: string
  hint: { en: string; ru: string }
}

export type ErrorCode = keyof typeof errorTable
