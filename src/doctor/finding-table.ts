/** How bad a finding is; `info` is only told. */
export type FindingStatus = 'ok' | 'info' | 'warn' | 'fail'

/**
 * One row per thing that a check can find: how bad it is, its text and what to do about it, in both
 * languages. Placeholders are parameters.
 */
export const findingTable = {
  CHECK_TIMEOUT: {
    status: 'warn',
    en: 'no answer within {seconds} s',
    ru: 'нет ответа за {seconds} с',
    remedy: {
      en: 'is a folder of this machine on a server that is gone?',
      ru: 'возможно, одна из папок лежит на недоступном сервере',
    },
  },
  CHECK_FAILED: {
    status: 'warn',
    en: 'could not be checked: {reason}',
    ru: 'проверить не удалось: {reason}',
    remedy: null,
  },
  GIT_OK: {
    status: 'ok',
    en: 'git {version}',
    ru: 'git {version}',
    remedy: null,
  },
  GIT_OLD: {
    status: 'fail',
    en: 'git {version} is older than {oldest}',
    ru: 'git {version} старше, чем {oldest}',
    remedy: { en: 'install a newer git', ru: 'установите git новее' },
  },
  GIT_ABSENT: {
    status: 'fail',
    en: 'git is not installed',
    ru: 'git не установлен',
    remedy: { en: 'install git', ru: 'установите git' },
  },
  GIT_NO_HTTP: {
    status: 'fail',
    en: 'git cannot use http: {path} is missing',
    ru: 'git не работает по http: нет {path}',
    remedy: {
      en: 'install the whole git (the package is often called git, not git-core)',
      ru: 'установите git целиком (обычно пакет называется git, а не git-core)',
    },
  },
  UV_OK: {
    status: 'ok',
    en: 'uv {version} from {origin}: {path}',
    ru: 'uv {version}, источник {origin}: {path}',
    remedy: null,
  },
  UV_ABSENT: {
    status: 'info',
    en: 'uv is not here; the first realize fetches it with pip',
    ru: 'uv пока нет; первое развёртывание получит его через pip',
    remedy: null,
  },
  UV_ABSENT_OFFLINE: {
    status: 'fail',
    en: 'uv is not here, and offline it cannot be fetched',
    ru: 'uv нет, а офлайн его не получить',
    remedy: { en: 'install uv, or set COMFYPIN_UV', ru: 'установите uv или задайте COMFYPIN_UV' },
  },
  UV_BROKEN: {
    status: 'fail',
    en: '{path} is not a uv that runs',
    ru: '{path} не является рабочим uv',
    remedy: { en: 'set COMFYPIN_UV right or unset it', ru: 'исправьте COMFYPIN_UV или уберите' },
  },
  PYTHON_OK: {
    status: 'ok',
    en: 'Python {version}: {path}',
    ru: 'Python {version}: {path}',
    remedy: null,
  },
  PYTHON_UNKNOWN: {
    status: 'info',
    en: 'not looked for, because uv is not here',
    ru: 'не проверено, потому что нет uv',
    remedy: null,
  },
  PYTHON_ABSENT: {
    status: 'fail',
    en: 'Python "{python}" is not here: {reason}',
    ru: 'Python «{python}» не найден: {reason}',
    remedy: {
      en: 'install Python 3.10 or newer, or set COMFY_PYTHON',
      ru: 'установите Python 3.10 или новее или задайте COMFY_PYTHON',
    },
  },
  PYTHON_NO_MODULES: {
    status: 'fail',
    en: 'this Python lacks {names}',
    ru: 'в этом Python нет {names}',
    remedy: {
      en: 'install the full Python (packages such as python3-venv, libssl), or choose another with COMFY_PYTHON',
      ru: 'установите полный Python (пакеты вроде python3-venv, libssl) или выберите другой через COMFY_PYTHON',
    },
  },
  PYTHON_FEW_MODULES: {
    status: 'warn',
    en: 'this Python lacks {names}; some packs need them',
    ru: 'в этом Python нет {names}; некоторым пакам они нужны',
    remedy: {
      en: 'install the full Python, or choose another with COMFY_PYTHON',
      ru: 'установите полный Python или выберите другой через COMFY_PYTHON',
    },
  },
  NODE_OK: {
    status: 'ok',
    en: 'Node {version}',
    ru: 'Node {version}',
    remedy: null,
  },
  NODE_OLD: {
    status: 'fail',
    en: 'Node {version} is older than {oldest}',
    ru: 'Node {version} старше, чем {oldest}',
    remedy: { en: 'install a newer Node', ru: 'установите Node новее' },
  },
  GPU_OK: {
    status: 'info',
    en: '{name}, {memory}, driver {driver}',
    ru: '{name}, {memory}, драйвер {driver}',
    remedy: null,
  },
  GPU_NONE: {
    status: 'info',
    en: 'no NVIDIA driver here',
    ru: 'драйвера NVIDIA здесь нет',
    remedy: null,
  },
  GPU_BROKEN: {
    status: 'warn',
    en: 'nvidia-smi fails: {reason}',
    ru: 'nvidia-smi завершается ошибкой: {reason}',
    remedy: {
      en: 'check the driver, and in a container that the GPU is passed to it',
      ru: 'проверьте драйвер, а в контейнере — передан ли в него GPU',
    },
  },
  VARIABLE_UNUSED: {
    status: 'warn',
    en: 'COMFY_CACHE is set, and comfypin does not read it',
    ru: 'задана COMFY_CACHE, но comfypin её не читает',
    remedy: { en: 'name the folder in COMFY_CACHE_ROOT', ru: 'укажите папку в COMFY_CACHE_ROOT' },
  },
  FOLDER_OK: {
    status: 'ok',
    en: '{folder} {path}',
    ru: '{folder} {path}',
    remedy: null,
  },
  FOLDER_ABSENT: {
    status: 'ok',
    en: '{folder} {path} can be made in {parent}',
    ru: '{folder} {path}: можно создать в {parent}',
    remedy: null,
  },
  FOLDER_NONE: {
    status: 'fail',
    en: '{folder} {path} is not a folder',
    ru: '{folder} {path} не является папкой',
    remedy: {
      en: 'choose another path, or move the file away',
      ru: 'выберите другой путь или уберите файл',
    },
  },
  FOLDER_LOCKED: {
    status: 'fail',
    en: '{folder} {path} cannot be written: {reason}',
    ru: '{folder} {path}: запись невозможна: {reason}',
    remedy: {
      en: 'check who owns it and how it is mounted, or choose another folder',
      ru: 'проверьте владельца и монтирование или выберите другую папку',
    },
  },
  FOLDER_READ_ONLY: {
    status: 'warn',
    en: '{folder} {path} cannot be written: {reason}',
    ru: '{folder} {path}: запись невозможна: {reason}',
    remedy: {
      en: 'what is there can be used; nothing can be added',
      ru: 'имеющееся можно использовать, но добавить ничего нельзя',
    },
  },
  FOLDER_NO_SYMLINKS: {
    status: 'fail',
    en: '{folder} {path} has no symbolic links',
    ru: '{folder} {path}: символические ссылки невозможны',
    remedy: {
      en: 'choose a folder on a Linux or macOS filesystem',
      ru: 'выберите папку на файловой системе Linux или macOS',
    },
  },
  FOLDER_NO_HARD_LINKS: {
    status: 'warn',
    en: '{folder} {path} has no hard links; files are copied',
    ru: '{folder} {path}: жёсткие ссылки невозможны; файлы копируются',
    remedy: {
      en: 'every venv takes its full size; choose a folder on ext4, xfs, btrfs or apfs',
      ru: 'каждый venv занимает полный объём; выберите папку на ext4, xfs, btrfs или apfs',
    },
  },
  FOLDER_CASELESS: {
    status: 'warn',
    en: '{folder} {path} does not tell "A" from "a"',
    ru: '{folder} {path} не различает «A» и «a»',
    remedy: {
      en: 'models or packs whose names differ in case only take the place of each other',
      ru: 'модели и паки, чьи имена различаются лишь регистром, займут место друг друга',
    },
  },
  FOLDER_NOEXEC: {
    status: 'fail',
    en: '{folder} {path} is mounted without execution',
    ru: '{folder} {path} смонтирована с запретом исполнения',
    remedy: {
      en: 'mount it without noexec, or choose another folder',
      ru: 'смонтируйте её без noexec или выберите другую папку',
    },
  },
  FOLDER_IN_MEMORY: {
    status: 'warn',
    en: '{folder} {path} is in memory and gone after a restart',
    ru: '{folder} {path} находится в памяти и исчезнет после перезапуска',
    remedy: { en: 'choose a folder on a disk', ru: 'выберите папку на диске' },
  },
  FOLDER_REMOTE: {
    status: 'info',
    en: '{folder} {path} is on {filesystem}',
    ru: '{folder} {path} находится на {filesystem}',
    remedy: null,
  },
  LINKS_OK: {
    status: 'ok',
    en: 'packages are hard links from {cache} into {home}',
    ru: 'пакеты — жёсткие ссылки из {cache} в {home}',
    remedy: null,
  },
  LINKS_ACROSS: {
    status: 'warn',
    en: 'packages cannot be linked from {cache} into {home}; each venv is a copy',
    ru: 'пакеты нельзя связать из {cache} в {home}; каждый venv будет копией',
    remedy: {
      en: 'put the cache and the homes on one filesystem (COMFY_CACHE_ROOT, COMFY_BUILDS_ROOT)',
      ru: 'разместите кэш и дома на одной файловой системе (COMFY_CACHE_ROOT, COMFY_BUILDS_ROOT)',
    },
  },
  LOCKS_OK: {
    status: 'ok',
    en: 'lock files work in {path}',
    ru: 'файлы-замки в {path} работают',
    remedy: null,
  },
  LOCKS_BROKEN: {
    status: 'fail',
    en: 'lock files do not hold in {path}: {reason}',
    ru: 'файлы-замки в {path} не действуют: {reason}',
    remedy: {
      en: 'let no two processes use this folder at once, or choose another one',
      ru: 'не запускайте с этой папкой два процесса сразу или выберите другую',
    },
  },
  CLOCK_SKEW: {
    status: 'warn',
    en: 'the clock of {path} is {seconds} s away from this machine',
    ru: 'часы {path} расходятся с часами этой машины на {seconds} с',
    remedy: {
      en: 'set both clocks right: locks of other machines are judged by them',
      ru: 'сверьте часы: по ним определяется, живы ли замки других машин',
    },
  },
  DISK_OK: {
    status: 'ok',
    en: '{folder} {path}: {free} free',
    ru: '{folder} {path}: свободно {free}',
    remedy: null,
  },
  DISK_LOW: {
    status: 'warn',
    en: '{folder} {path}: only {free} free',
    ru: '{folder} {path}: свободно лишь {free}',
    remedy: {
      en: 'a version with PyTorch and one large model takes about 15 GiB',
      ru: 'версия с PyTorch и одной большой моделью занимает около 15 ГиБ',
    },
  },
  DISK_FULL: {
    status: 'fail',
    en: '{folder} {path}: {free} free',
    ru: '{folder} {path}: свободно {free}',
    remedy: {
      en: 'free some space, or choose another folder',
      ru: 'освободите место или выберите другую папку',
    },
  },
  DISK_FEW_INODES: {
    status: 'warn',
    en: '{folder} {path}: room for {free} more files',
    ru: '{folder} {path}: места ещё на {free} файлов',
    remedy: {
      en: 'a venv with PyTorch has about 50 000 files',
      ru: 'в venv с PyTorch около 50 000 файлов',
    },
  },
  DISK_QUOTA: {
    status: 'info',
    en: '{name}: the volume is limited to {quota}, whatever its filesystem says',
    ru: '{name}: объём тома ограничен {quota}, что бы ни сообщала файловая система',
    remedy: null,
  },
  DISK_QUOTA_ODD: {
    status: 'warn',
    en: '{name} is not a size: "{value}"',
    ru: '{name} не является размером: «{value}»',
    remedy: { en: 'set it right or unset it', ru: 'исправьте её или уберите' },
  },
  VOLUME_OK: {
    status: 'ok',
    en: '{path} is mounted and writable',
    ru: '{path} смонтирован и доступен для записи',
    remedy: null,
  },
  VOLUME_NONE: {
    status: 'info',
    en: 'no volume of RunPod here',
    ru: 'тома RunPod здесь нет',
    remedy: null,
  },
  VOLUME_ABSENT: {
    status: 'warn',
    en: 'this is a RunPod machine without a volume',
    ru: 'это машина RunPod без тома',
    remedy: {
      en: 'what it downloads is gone with it; attach a network volume',
      ru: 'всё скачанное исчезнет вместе с ней; подключите сетевой том',
    },
  },
  VOLUME_NOT_THERE: {
    status: 'warn',
    en: '{path}, which RUNPOD_VOLUME_ROOT names, is not there',
    ru: '{path} из RUNPOD_VOLUME_ROOT не существует',
    remedy: {
      en: 'mount the volume there, or set RUNPOD_VOLUME_ROOT to the place where it is',
      ru: 'смонтируйте там том или укажите в RUNPOD_VOLUME_ROOT, где он на самом деле',
    },
  },
  VOLUME_NOT_MOUNTED: {
    status: 'warn',
    en: '{path} is a folder of the container, not a volume',
    ru: '{path} — папка контейнера, а не том',
    remedy: {
      en: 'what lies there is gone with the container; attach a network volume',
      ru: 'её содержимое исчезнет вместе с контейнером; подключите сетевой том',
    },
  },
  VOLUME_READ_ONLY: {
    status: 'warn',
    en: '{path} cannot be written and is passed over',
    ru: '{path} недоступен для записи и не используется',
    remedy: {
      en: 'check who this process runs as and how the volume is mounted',
      ru: 'проверьте, от чьего имени идёт процесс и как смонтирован том',
    },
  },
  LEFTOVERS_NONE: {
    status: 'ok',
    en: 'nothing was left behind',
    ru: 'ничего не осталось от прошлых запусков',
    remedy: null,
  },
  LOCKS_STALE: {
    status: 'info',
    en: '{count} locks of dead processes in {path}; the next run takes them over',
    ru: 'замков завершившихся процессов: {count} ({path}); следующий запуск их заберёт',
    remedy: null,
  },
  STAGING_STALE: {
    status: 'info',
    en: '{count} half-made entries in {path}; the next realize removes them',
    ru: 'незавершённых заготовок: {count} ({path}); следующее развёртывание их удалит',
    remedy: null,
  },
  INSTANCES_NONE: {
    status: 'ok',
    en: 'no ComfyUI of a version is running',
    ru: 'ни одна версия не запущена',
    remedy: null,
  },
  INSTANCE_RUNS: {
    status: 'info',
    en: 'process {pid} runs the ComfyUI of {home}',
    ru: 'процесс {pid} выполняет ComfyUI из {home}',
    remedy: null,
  },
  INSTANCE_LEFT: {
    status: 'warn',
    en: 'process {pid} was left running the ComfyUI of {home}',
    ru: 'процесс {pid} с ComfyUI из {home} остался без присмотра',
    remedy: { en: 'end it: kill {pid}', ru: 'завершите его: kill {pid}' },
  },
  TOKEN_ABSENT: {
    status: 'info',
    en: '{name} is not set',
    ru: '{name} не задан',
    remedy: null,
  },
  TOKEN_SET: {
    status: 'ok',
    en: '{name} is set; it is sent to {host} alone',
    ru: '{name} задан; отправляется только на {host}',
    remedy: null,
  },
  TOKEN_ACCEPTED: {
    status: 'ok',
    en: '{name} is accepted by {host}',
    ru: '{name} принят: {host}',
    remedy: null,
  },
  TOKEN_REFUSED: {
    status: 'fail',
    en: '{name} is refused by {host} ({status})',
    ru: '{name} отклонён: {host} ({status})',
    remedy: {
      en: 'make a new token, or unset {name}',
      ru: 'создайте новый токен или уберите {name}',
    },
  },
  TOKEN_UNKNOWN: {
    status: 'warn',
    en: '{name}: {host} does not tell whether it is accepted: {reason}',
    ru: '{name}: {host} не сообщает, принят ли он: {reason}',
    remedy: null,
  },
  NETWORK_OFFLINE: {
    status: 'info',
    en: 'offline: nothing is asked',
    ru: 'офлайн: запросов нет',
    remedy: null,
  },
  NETWORK_UNASKED: {
    status: 'info',
    en: 'not asked; --online does',
    ru: 'не проверялась; флаг --online проверит',
    remedy: null,
  },
  NETWORK_OK: {
    status: 'ok',
    en: '{host} answers',
    ru: '{host} отвечает',
    remedy: null,
  },
  NETWORK_FAILED: {
    status: 'fail',
    en: '{host} does not answer: {reason}',
    ru: '{host} не отвечает: {reason}',
    remedy: {
      en: 'check the network, the proxy and the certificates',
      ru: 'проверьте сеть, прокси и сертификаты',
    },
  },
  INDEX_OK: {
    status: 'ok',
    en: 'the package index of uv has {name}',
    ru: 'в индексе пакетов uv есть {name}',
    remedy: null,
  },
  INDEX_FAILED: {
    status: 'fail',
    en: 'the package index of uv does not give {name}: {reason}',
    ru: 'индекс пакетов uv не отдаёт {name}: {reason}',
    remedy: {
      en: 'check UV_DEFAULT_INDEX, UV_INDEX, uv.toml and the network',
      ru: 'проверьте UV_DEFAULT_INDEX, UV_INDEX, uv.toml и сеть',
    },
  },
  PROXY: {
    status: 'info',
    en: '{name}={value}',
    ru: '{name}={value}',
    remedy: null,
  },
  REDIS_NONE: {
    status: 'info',
    en: 'none is configured',
    ru: 'не настроен',
    remedy: null,
  },
  REDIS_OK: {
    status: 'ok',
    en: 'Redis {version} at {host} answers',
    ru: 'Redis {version} на {host} отвечает',
    remedy: null,
  },
  REDIS_OLD: {
    status: 'fail',
    en: 'Redis {version} at {host} is older than {oldest}',
    ru: 'Redis {version} на {host} старше, чем {oldest}',
    remedy: { en: 'update it', ru: 'обновите его' },
  },
  REDIS_EVICTS: {
    status: 'warn',
    en: 'Redis at {host} may drop jobs when its memory is full (maxmemory-policy {policy})',
    ru: 'Redis на {host} может терять задания при нехватке памяти (maxmemory-policy {policy})',
    remedy: { en: 'set maxmemory-policy noeviction', ru: 'задайте maxmemory-policy noeviction' },
  },
  REDIS_ODD: {
    status: 'fail',
    en: 'COMFYPIN_REDIS_URL is not a redis:// or rediss:// address',
    ru: 'COMFYPIN_REDIS_URL — не адрес redis:// или rediss://',
    remedy: {
      en: 'write it as redis://user:password@host:6379/0',
      ru: 'запишите её как redis://user:password@host:6379/0',
    },
  },
  REDIS_REFUSED: {
    status: 'fail',
    en: 'Redis at {host} refuses: {reason}',
    ru: 'Redis на {host} отказывает: {reason}',
    remedy: {
      en: 'check user, password and database in COMFYPIN_REDIS_URL',
      ru: 'проверьте пользователя, пароль и базу в COMFYPIN_REDIS_URL',
    },
  },
  REDIS_UNTRUSTED: {
    status: 'fail',
    en: 'the certificate of Redis at {host} is not trusted: {reason}',
    ru: 'нет доверия к сертификату Redis на {host}: {reason}',
    remedy: {
      en: 'name the file of its certificate authority in NODE_EXTRA_CA_CERTS, and the host as the certificate does',
      ru: 'укажите файл его центра сертификации в NODE_EXTRA_CA_CERTS, а имя машины — как в сертификате',
    },
  },
  REDIS_UNREACHABLE: {
    status: 'fail',
    en: 'Redis at {host} cannot be reached: {reason}',
    ru: 'Redis на {host} недоступен: {reason}',
    remedy: {
      en: 'check that it runs, and its host and port',
      ru: 'проверьте, что он запущен, его адрес и порт',
    },
  },
  VERSION_OK: {
    status: 'ok',
    en: '{id}: no problems',
    ru: '{id}: проблем нет',
    remedy: null,
  },
  VERSION_PROBLEM: {
    status: 'warn',
    en: '{id}: {subject}: {problem}',
    ru: '{id}: {subject}: {problem}',
    remedy: { en: 'comfypin realize {id}', ru: 'comfypin realize {id}' },
  },
  VERSION_DEFECT: {
    status: 'warn',
    en: '{id}: {subject}: {problem}',
    ru: '{id}: {subject}: {problem}',
    remedy: null,
  },
  VERSION_INVALID: {
    status: 'fail',
    en: '{reason}',
    ru: '{reason}',
    remedy: { en: 'comfypin validate tells more', ru: 'подробнее расскажет comfypin validate' },
  },
  VENV_OK: {
    status: 'ok',
    en: '{path} fits this machine (Python {version})',
    ru: '{path} подходит этой машине (Python {version})',
    remedy: null,
  },
  VENV_NO_PYTHON: {
    status: 'fail',
    en: 'the interpreter of {path} is not here',
    ru: 'интерпретатора для {path} здесь нет',
    remedy: {
      en: 'use an image with the same Python, or realize the version again',
      ru: 'используйте образ с тем же Python или разверните версию заново',
    },
  },
  VENV_BROKEN: {
    status: 'fail',
    en: 'the interpreter of {path} does not run: {reason}',
    ru: 'интерпретатор {path} не запускается: {reason}',
    remedy: {
      en: 'use an image of the same base, or realize the version again',
      ru: 'используйте образ на той же основе или разверните версию заново',
    },
  },
  VENV_OTHER_PYTHON: {
    status: 'fail',
    en: '{path} was made with Python {made}, and here it is {version}',
    ru: '{path} создан для Python {made}, а здесь {version}',
    remedy: {
      en: 'use an image with the same Python, or realize the version again',
      ru: 'используйте образ с тем же Python или разверните версию заново',
    },
  },
  VENV_OLD_GLIBC: {
    status: 'fail',
    en: '{path} needs glibc {needed}, and here it is {glibc}',
    ru: '{path} требует glibc {needed}, а здесь {glibc}',
    remedy: {
      en: 'use a newer base image, or realize the version again',
      ru: 'используйте более новый базовый образ или разверните версию заново',
    },
  },
} as const satisfies Record<string, FindingRow>

interface FindingRow {
  status: FindingStatus
  en: string
  ru: string
  remedy: { en: string; ru: string } | null
}

export type FindingCode = keyof typeof findingTable
