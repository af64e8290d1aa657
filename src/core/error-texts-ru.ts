import type { ErrorCode } from './error-table.ts'

/** `error-table.ts` in Russian, apart from it: only somebody who reads Russian and meets a failure waits for it. */
export const russianErrors: Readonly<Record<ErrorCode, { message: string; hint: string }>> = {
  INTERNAL: {
    message: 'непредвиденная ошибка: {reason}',
    hint: 'повторите с COMFYPIN_DEBUG=1 и сообщите нам',
  },
  INTERRUPTED: {
    message: 'прервано',
    hint: 'повторите ту же команду: она продолжит с места остановки',
  },
  USAGE: {
    message: '{reason}',
    hint: 'смотрите comfypin --help',
  },
  SETTING_NOT_NUMBER: {
    message: '{name}: нужно положительное число, а не «{value}»',
    hint: 'исправьте {name} или уберите',
  },
  SETTING_NOT_WHOLE: {
    message: '{name}: нужно целое число от 1, а не «{value}»',
    hint: 'исправьте {name} или уберите',
  },
  SETTING_NOT_BYTES: {
    message: '{name}: нужно число байт, например 50M, а не «{value}»',
    hint: 'исправьте {name} или уберите',
  },
  SETTING_NOT_BOOLEAN: {
    message: '{name}: нужно 1, true, 0 или false, а не «{value}»',
    hint: 'исправьте {name} или уберите',
  },
  SETTING_NOT_ADDRESS: {
    message: '{name}: нужен адрес http или https, а не «{value}»',
    hint: 'исправьте {name} или уберите',
  },
  ARGUMENT_OWNED: {
    message: '{name} нельзя передать ComfyUI: этот флаг ставит comfypin',
    hint: 'есть флаги самого comfypin: --host, --port и --target',
  },
  HOST_INVALID: {
    message: 'не удаётся слушать {host}, порт {port}: {reason}',
    hint: 'укажите адрес этой машины',
  },
  SPEC_NOT_FOUND: {
    message: 'нет файла версии «{id}»: {path} не существует',
    hint: '{suggestion}',
  },
  SPEC_INVALID: {
    message: '{file} не является верной спецификацией:\n{problems}',
    hint: 'перечислены все ошибки; формат описан в schemas/spec.schema.json',
  },
  SPEC_UNREADABLE: {
    message: '{file} не читается: {reason}',
    hint: 'проверьте путь и права',
  },
  SPEC_EXISTS: {
    message: 'версия «{id}» уже есть: {file}',
    hint: 'измените её через comfypin add {id} или замените с --force (старый файл останется как .bak)',
  },
  ARGUMENT_INVALID: {
    message: 'не удалось разобрать аргументы:\n{problems}',
    hint: 'перечислены все; ничего не записано',
  },
  NAME_UNKNOWN: {
    message: 'в версии «{id}» нет {names}',
    hint: 'в ней есть {known}',
  },
  NAME_SHARED: {
    message: '«{name}» может означать {known}',
    hint: 'уточните, что именно',
  },
  ID_INVALID: {
    message: '«{id}» не подходит как id версии',
    hint: 'буквы, цифры, «.», «_», «-», не больше 128, первой — буква или цифра',
  },
  IMPORT_UNREADABLE: {
    message: '{file} не импортируется: {reason}',
    hint: 'нужен JSON, YAML или TOML в UTF-8',
  },
  IMPORT_UNKNOWN_FORMAT: {
    message: '{file}: такой формат не импортируется',
    hint: 'известны: {known}',
  },
  IMPORT_INVALID: {
    message: '{file} похож на {format}, но с ошибками: {problems}',
    hint: 'создайте файл заново той же программой',
  },
  INSTALL_NOT_FOUND: {
    message: 'в {path} нет ComfyUI: {reason}',
    hint: 'укажите папку с main.py или с custom_nodes и models',
  },
  INSTALL_IS_HOME: {
    message: '{path} — дом версии «{id}», созданный comfypin',
    hint: 'скопируйте её спецификацию {id}.json',
  },
  INSTANCE_UNREACHABLE: {
    message: 'ComfyUI по адресу {url} не сообщает свои узлы: {reason}',
    hint: 'укажите адрес, по которому его интерфейс открывается в браузере',
  },
  FILE_EXISTS: {
    message: '{path} уже существует',
    hint: 'выберите другое имя или добавьте --force',
  },
  LOCK_INVALID: {
    message: 'файл закрепления {file} повреждён: {reason}',
    hint: 'создайте заново: comfypin resolve {id} --refresh',
  },
  OFFLINE_NO_CORE: {
    message: 'офлайн: ядра ComfyUI {repo} нет в кэше',
    hint: 'разверните версию один раз с сетью',
  },
  GIT_MISSING: {
    message: 'git не установлен',
    hint: 'установите git 2.20 или новее',
  },
  GIT_REF_NOT_FOUND: {
    message: 'ссылки «{ref}» нет в {repo}',
    hint: 'там есть {known}',
  },
  GIT_SHORT_COMMIT: {
    message: 'коммит «{commit}» из {repo} сокращён',
    hint: 'запишите все 40 символов',
  },
  GIT_REMOTE_FAILED: {
    message: '{repo} ({ref}) недоступен: {reason}',
    hint: 'проверьте адрес, сеть, а для закрытых репозиториев — доступ',
  },
  GIT_AUTH: {
    message: '{repo} ({ref}) требует входа: {reason}',
    hint: 'задайте GITHUB_TOKEN для github.com или git credential helper',
  },
  GIT_COMMIT_MISSING: {
    message: 'коммита {commit} нет в {repo}: {reason}',
    hint: 'коммит мог исчезнуть после force push; закрепите другой',
  },
  GIT_FAILED: {
    message: 'git {verb} для {repo} завершился ошибкой: {reason}',
    hint: 'повторите команду; готовое сохранено',
  },
  GIT_SUBMODULE_REFUSED: {
    message: 'подмодуль {path} из {repo} указывает на «{url}»: {reason}',
    hint: 'не используйте этот коммит или попросите автора исправить .gitmodules',
  },
  GIT_LFS_MISSING: {
    message: 'файлы {repo} из Git LFS не получены ({files}): {reason}',
    hint: 'повторите команду; для закрытых репозиториев задайте доступ',
  },
  REGISTRY_FAILED: {
    message: 'реестр не отвечает о паке {id}: {reason}',
    hint: 'проверьте сеть и COMFYPIN_REGISTRY_ENDPOINT ({endpoint})',
  },
  REGISTRY_NOT_FOUND: {
    message: 'пака {id} {version} нет в реестре',
    hint: 'там есть {known}',
  },
  REGISTRY_BANNED: {
    message: 'реестр запретил {id} {version}',
    hint: 'выберите другую версию или уберите этот пак; есть {known}',
  },
  ARCHIVE_REFUSED: {
    message: 'архив {id} {version} отклонён: {reason}',
    hint: 'ничего из него не сохранено; выберите другую версию или её git-репозиторий',
  },
  UV_MISSING: {
    message: 'uv не найден и не может быть получен: {reason}',
    hint: 'pip install uv или задайте COMFYPIN_UV',
  },
  PYTHON_NOT_FOUND: {
    message: 'Python «{python}» не найден: {reason}',
    hint: 'задайте в COMFY_PYTHON (окружение или спецификация) интерпретатор 3.10 или новее',
  },
  PYTHON_CONFLICT: {
    message: 'требования Python несовместимы:\n{reason}',
    hint: 'измените или уберите одно из: {owners}; python_overrides в спецификации важнее всех',
  },
  PYTHON_INSTALL: {
    message: 'пакет Python {package} не устанавливается:\n{reason}',
    hint: 'полный журнал: {log}',
  },
  REQUIREMENT_INVALID: {
    message: '{owner}: «{line}» не является требованием',
    hint: 'запишите как для pip: name==1.2.3',
  },
  REQUIREMENT_REFUSED: {
    message: '{owner}: «{line}» отклонено: {reason}',
    hint: 'пак можно использовать без его списка: "install_requirements": false и python_packages',
  },
  PYTHON_RESOLVE: {
    message: 'требования Python не удаётся разрешить:\n{reason}',
    hint: 'это нужно для: {owners}; проверьте сеть и индекс пакетов; полный журнал: {log}',
  },
  PYTHON_OFFLINE: {
    message: 'офлайн требования Python не выполнить:\n{reason}',
    hint: 'запустите один раз с сетью или укажите пакеты через --wheels-dir',
  },
  PYTHON_HASH: {
    message: '{owner}: ни один файл пакета не имеет хеша из «{line}»',
    hint: 'проверьте хеш или индекс, из которого берётся пакет',
  },
  WHEEL_MISSING: {
    message: 'пакета {file} нет ни в одной из папок: {dirs}',
    hint: 'укажите его папку через --wheels-dir или UV_FIND_LINKS',
  },
  REQUIREMENTS_UNREADABLE: {
    message: 'файл требований {file} не читается: {reason}',
    hint: 'проверьте путь и права',
  },
  WHEEL_MAP_INVALID: {
    message: '{file} не является картой пакетов: {reason}',
    hint: 'нужен объект JSON, где имени пакета соответствует адрес, или файл pylock.toml',
  },
  MODEL_SOURCE_UNSUPPORTED: {
    message: 'у источника «{source}» неизвестная схема',
    hint: 'известны: {known}',
  },
  MODEL_SOURCE_INVALID: {
    message: 'источник «{source}» записан неверно: {reason}',
    hint: 'запишите его как {form}',
  },
  MODEL_NAME_UNKNOWN: {
    message: 'офлайн: имя файла {source} знает только его сервер',
    hint: 'укажите модели "name" в спецификации или выполните comfypin resolve один раз с сетью',
  },
  STORE_CREDENTIALS: {
    message: 'учётные данные для {store} не подходят: {reason}',
    hint: 'проверьте {names}',
  },
  MODEL_FILE_FOREIGN: {
    message: '{path} уже существует и не может считаться файлом {source}: {reason}',
    hint: 'уберите его, дайте модели другое имя или укажите её checksum в спецификации',
  },
  MODEL_TARGET_TAKEN: {
    message: '{path} принадлежит другому источнику ({other}), а не {source}',
    hint: 'дайте одной из моделей другое имя',
  },
  DOWNLOAD_HTTP: {
    message: '{source} отвечает {status}',
    hint: '{hint}',
  },
  DOWNLOAD_FAILED: {
    message: '{source} не скачивается: {reason}',
    hint: 'повторите команду: она продолжит с {received}',
  },
  DOWNLOAD_SIZE: {
    message: '{source} прислал {received} байт вместо {expected}',
    hint: 'источник повреждён или неверно сообщает размер; ничего не сохранено',
  },
  DOWNLOAD_CHECKSUM: {
    message: '{source}: {algorithm} = {actual}, ожидалось {expected}',
    hint: 'файл отклонён; проверьте источник или сумму в спецификации',
  },
  SOURCE_FILE_MISSING: {
    message: 'файл {source} не существует',
    hint: 'относительные пути считаются от файла спецификации',
  },
  DISK_FULL: {
    message: 'в {path} свободно {free}, нужно {needed}',
    hint: 'освободите место или отключите проверку: COMFYPIN_SKIP_SPACE_CHECK=1',
  },
  DISK_WRITE: {
    message: 'не удаётся записать {path}: {reason}',
    hint: 'проверьте свободное место и права',
  },
  PATH_UNSAFE: {
    message: '{path} выходит за пределы {root}',
    hint: 'используйте относительный путь без «..»',
  },
  STATE_UNUSABLE: {
    message: 'состояние пака {name} в {path} непригодно: {reason}',
    hint: 'перенесите папку вместе со спецификацией или уберите "state" из записи пака',
  },
  STATE_UNKNOWN: {
    message: 'состояние пака {name} в {home} не отличить от самого пака: его исходников нет в кэше',
    hint: 'верните их: comfypin realize {id}, или продолжайте с --no-state',
  },
  HOME_FOREIGN: {
    message: '{home} не пуста и создана не comfypin',
    hint: 'выберите другую папку через --target',
  },
  HOME_OTHER_VERSION: {
    message: '{home} принадлежит версии «{other}», а не «{id}»',
    hint: 'выберите другую папку через --target',
  },
  DELETE_FOREIGN: {
    message: '{home} не помечена как дом версии «{id}»; ничего не удалено',
    hint: 'comfypin удаляет только созданное им; если папка ваша, удалите её сами',
  },
  DELETE_UNSAFE: {
    message: '{home} не удаляется: {reason}',
    hint: 'укажите сам дом через --target',
  },
  DELETE_USER_FILES: {
    message: 'в {home} есть файлы, созданные не comfypin: {count} ({size})\n{files}',
    hint: 'перенесите нужное; с --with-user-files они тоже будут удалены',
  },
  HOME_BUSY: {
    message: '{home} занята: {holder}',
    hint: 'сначала остановите его',
  },
  CONFIRM_NEEDED: {
    message: 'некому подтвердить: {what}',
    hint: 'добавьте --yes или сначала посмотрите с --dry-run',
  },
  DIFF_SIDE_UNKNOWN: {
    message: '«{name}» — не версия, не спецификация, не файл закрепления, не дом и не ComfyUI',
    hint: 'укажите id или путь',
  },
  DIFF_LEVEL: {
    message: 'у «{name}» нет уровня {level} для сравнения',
    hint: 'у обоих есть: {known}',
  },
  HOME_MISSING: {
    message: 'версия «{id}» не развёрнута в {home}',
    hint: 'comfypin realize {id}',
  },
  BOOTSTRAP_OTHER: {
    message: 'в {dir} уже находится {found}, а не {wanted}',
    hint: 'выберите другую папку или переключите ref в ней через git',
  },
  PACK_MISSING: {
    message: 'пак {name} ({repo}) не подготовлен: {reason}',
    hint: 'проверьте repo, ref и commit в спецификации',
  },
  PACKS_NOT_CACHED: {
    message: '{id}: этих паков нет в кэше, заглянуть в них нельзя: {names}',
    hint: 'их загрузит comfypin realize {id}',
  },
  PACK_NO_INSTALL_SCRIPT: {
    message: 'у пака {name} нет install.py в {path}',
    hint: 'запускать нечего; что ему нужно, приходит с realize',
  },
  PACK_INSTALL_FAILED: {
    message: 'install.py пака {name} завершился с ошибкой ({status})\n{log}',
    hint: 'последние строки выше; записанное им остаётся в копии пака',
  },
  PACK_FOLDER_MISSING: {
    message: 'пак {name}: в {repo} на этом коммите нет папки «{subdir}»',
    hint: 'там есть {known}',
  },
  INSTANCE_DIED: {
    message: 'ComfyUI завершился ({status})\n{log}',
    hint: 'последние строки журнала выше',
  },
  WORKER_DIED: {
    message: 'рабочий поток ComfyUI умер: процесс отвечает, но больше ничего не выполняет\n{log}',
    hint: 'последние строки журнала выше',
  },
  INSTANCE_TIMEOUT: {
    message: 'ComfyUI не ответил за {seconds} с\n{log}',
    hint: 'увеличьте COMFYPIN_START_TIMEOUT',
  },
  PORT_TAKEN: {
    message: 'порт {port} на {host} занят',
    hint: 'выберите другой через --port',
  },
  WORKFLOW_UNREADABLE: {
    message: 'workflow {file} не читается: {reason}',
    hint: 'нужен JSON-файл в формате API',
  },
  WORKFLOW_UI_FORMAT: {
    message: '{file} — workflow в формате интерфейса',
    hint: 'экспортируйте его из ComfyUI через «Export (API)»',
  },
  WORKFLOW_REFUSED: {
    message: 'ComfyUI отклонил workflow: {reason}\n{nodes}',
    hint: 'проверьте входы узлов и наличие паков и моделей в версии',
  },
  JOB_FAILED: {
    message: 'узел {node} ({classType}) завершился ошибкой: {exception}: {message}',
    hint: 'повторите с --verbose, чтобы увидеть трассировку',
  },
  JOB_TIMEOUT: {
    message: 'задание прервано через {seconds} с',
    hint: 'увеличьте --timeout',
  },
  JOB_INTERRUPTED: {
    message: 'задание прервано на узле {node}',
    hint: 'его остановил кто-то другой',
  },
  JOB_NO_ARTIFACTS: {
    message: 'workflow не создал ни одного файла',
    hint: 'нужен сохраняющий узел, например SaveImage',
  },
  JOB_PROTOCOL: {
    message: 'неожиданный ответ ComfyUI: {reason}',
    hint: 'сообщите нам вместе с версией ComfyUI',
  },
  SMOKE_NO_WORKFLOW: {
    message: 'в этой версии нет узлов, которые нужны встроенным проверочным workflow',
    hint: 'передайте свой через --workflow',
  },
  BASELINE_MISSING: {
    message: 'эталона {file} нет',
    hint: 'создайте его с флагом --record',
  },
  BASELINE_INVALID: {
    message: '{file} не является эталоном: {reason}',
    hint: 'выберите другой файл или уберите этот и запишите эталон заново',
  },
  JOB_ARTIFACT_MISSING: {
    message: 'узел {node} сообщает о файле {name}, но его нет',
    hint: 'ComfyUI повторяет сохранённый результат: измените вход этого узла или перезапустите ComfyUI',
  },
  ACCESS_DENIED: {
    message: 'нет прав: {reason}',
    hint: 'проверьте, чей это путь и может ли этот пользователь его читать',
  },
}
