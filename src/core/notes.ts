/**
 * What a draft of a spec could not take over, or is not certain of, with a text in both languages.
 * Placeholders: `{subject}`, `{detail}`; both are facts (names, values), never prose.
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
  KEY_UNKNOWN: {
    en: 'unknown key {subject} was left out: {detail}',
    ru: 'неизвестный ключ {subject} пропущен: {detail}',
  },
  VALUE_REFUSED: {
    en: '{subject} was left out, because its value is not allowed: {detail}',
    ru: '{subject}: пропущено, такое значение недопустимо: {detail}',
  },
  LOGIN_REMOVED: {
    en: 'the login in the address of {subject} was removed: {detail}',
    ru: '{subject}: логин убран из адреса: {detail}',
  },
  CORE_UNKNOWN: {
    en: 'the commit of the core is not known; {subject} is used: {detail}',
    ru: 'коммит ядра неизвестен; взято {subject}: {detail}',
  },
  CORE_BETWEEN_RELEASES: {
    en: 'the core is {detail} commits past {subject}',
    ru: 'ядро новее {subject} на {detail} коммитов',
  },
  CORE_FROM_WORKFLOW: {
    en: 'the core is the newest release that the workflow was saved with, {subject}; also there: {detail}',
    ru: 'ядро — самый новый выпуск, в котором сохраняли workflow: {subject}; ещё там: {detail}',
  },
  REPO_SSH: {
    en: '{subject} is fetched over ssh; without a key its address may be {detail}',
    ru: '{subject} загружается по ssh; без ключа адрес может быть таким: {detail}',
  },
  REPO_LOCAL: {
    en: '{subject} comes from a folder of this machine: {detail}',
    ru: '{subject} берётся из папки этой машины: {detail}',
  },
  COMMIT_SHORT: {
    en: 'the commit of {subject} is abbreviated; write all 40 characters: {detail}',
    ru: 'коммит {subject} сокращён; запишите все 40 символов: {detail}',
  },
  COMMITS_LOCAL: {
    en: '{subject} has commits that its remote does not have as far as is known here: {detail}',
    ru: '{subject}: коммиты, которых, судя по локальным данным, нет на сервере: {detail}',
  },
  FILES_CHANGED: {
    en: 'changes to files of {subject} are left out: {detail}',
    ru: '{subject}: изменения в файлах не перенесены: {detail}',
  },
  FILES_ADDED: {
    en: 'files that were added to {subject} are left out: {detail}',
    ru: '{subject}: добавленные файлы не перенесены: {detail}',
  },
  STATE_LEFT_OUT: {
    en: 'not taken as state of its pack: {subject} ({detail})',
    ru: 'не взято как состояние пака: {subject} ({detail})',
  },
  STATE_SHARED: {
    en: 'pack {subject} has written into the copy that all homes share; not taken, do it again when ComfyUI has ended: {detail}',
    ru: 'пак {subject} писал в общую для всех домов копию; это не взято, повторите после остановки ComfyUI: {detail}',
  },
  PACK_DISABLED: {
    en: 'pack {subject} is disabled and was left out: {detail}',
    ru: 'пак {subject} отключён и пропущен: {detail}',
  },
  PACK_FILE: {
    en: 'a single file is no pack and was left out: {subject} {detail}',
    ru: 'отдельный файл — не пак, он пропущен: {subject} {detail}',
  },
  PACK_LINKED: {
    en: 'pack {subject} is a link to {detail}',
    ru: 'пак {subject} — ссылка на {detail}',
  },
  PACK_NOT_PINNED: {
    en: 'pack {subject} has no fixed version there; it is pinned when the spec is resolved: {detail}',
    ru: 'у пака {subject} нет точной версии; она закрепится при resolve: {detail}',
  },
  PACK_UNKNOWN: {
    en: 'it is not known where pack {subject} comes from: {detail}',
    ru: 'неизвестно, откуда взят пак {subject}: {detail}',
  },
  PACK_TWICE: {
    en: 'pack {subject} is there already; left out: {detail}',
    ru: 'пак {subject} уже есть; пропущено: {detail}',
  },
  PACK_VERSIONS: {
    en: 'nodes of pack {subject} were saved with different versions; the newest is taken: {detail}',
    ru: 'узлы пака {subject} сохранены с разными версиями; взята новейшая: {detail}',
  },
  PYTHON_UNKNOWN: {
    en: 'no Python environment was found, so no package is pinned: {subject} {detail}',
    ru: 'окружение Python не найдено, пакеты не закреплены: {subject} {detail}',
  },
  PACKAGE_LEFT_OUT: {
    en: 'package {subject} cannot be had elsewhere and was left out: {detail}',
    ru: 'пакет {subject} больше нигде не взять, он пропущен: {detail}',
  },
  PACKAGE_BUILD: {
    en: '{subject} was the build {detail}; which build is installed is chosen by the package index',
    ru: '{subject}: была сборка {detail}; какую поставить, решает индекс пакетов',
  },
  PACKAGES_OF_TORCH: {
    en: 'left to {subject}, which brings them in exact versions: {detail}',
    ru: 'оставлены на {subject}, он приносит точные версии: {detail}',
  },
  PACKAGE_TOOL: {
    en: '{subject} is a tool of the environment and was left out: {detail}',
    ru: '{subject} — инструмент самого окружения, пропущен: {detail}',
  },
  MODEL_SOURCE_UNKNOWN: {
    en: 'it is not known where model {subject} comes from: {detail}',
    ru: 'неизвестно, откуда взята модель {subject}: {detail}',
  },
  SCRIPT_MODEL_FOLDER: {
    en: '{subject} is downloaded by install.py of {detail}, and its text does not tell where to; add it with --model source=…,subdir=…',
    ru: '{subject} скачивает install.py пака {detail}, но куда, по тексту не видно; добавьте через --model source=…,subdir=…',
  },
  MODEL_OTHER_SOURCES: {
    en: 'model {subject} can also be had from {detail}',
    ru: 'модель {subject} есть и по другому адресу: {detail}',
  },
  MODEL_AFTER_START: {
    en: 'model {subject} was fetched after the start there; here it comes before: {detail}',
    ru: 'модель {subject} там загружалась после запуска, здесь — до него: {detail}',
  },
  MODEL_OFF: {
    en: 'model {subject} is not used there and was left out: {detail}',
    ru: 'модель {subject} там не используется и пропущена: {detail}',
  },
  MODEL_TWICE: {
    en: 'another model goes to {subject} already; left out: {detail}',
    ru: 'в {subject} уже есть другая модель; пропущено: {detail}',
  },
  MODEL_NOT_FOUND: {
    en: 'node {subject} uses a model of unknown origin: {detail}',
    ru: 'узел {subject} использует модель неизвестного происхождения: {detail}',
  },
  MODEL_AMBIGUOUS: {
    en: 'model {subject} has several known sources, none was taken: {detail}',
    ru: 'у модели {subject} несколько известных источников, не взят ни один: {detail}',
  },
  FOLDER_NOT_MODELS: {
    en: 'folder {subject} has files that are no models by their names: {detail}',
    ru: 'в папке {subject} есть файлы, по именам не похожие на модели: {detail}',
  },
  LINK_BROKEN: {
    en: '{subject} is a link that leads nowhere: {detail}',
    ru: '{subject} — ссылка, которая никуда не ведёт: {detail}',
  },
  TOO_MANY_FILES: {
    en: 'only a part of {subject} was looked at, files: {detail}',
    ru: '{subject}: просмотрена только часть, файлов: {detail}',
  },
  NODE_UNKNOWN: {
    en: 'no pack is known for node type {subject} (nodes {detail}); --node-map or --instance may know it',
    ru: 'для типа узла {subject} (узлы {detail}) пак неизвестен; могут помочь --node-map или --instance',
  },
  NODE_AMBIGUOUS: {
    en: 'several packs have node type {subject}, none was taken: {detail}',
    ru: 'тип узла {subject} есть в нескольких паках, не взят ни один: {detail}',
  },
  NODE_FOLDER: {
    en: 'node type {subject} comes from a pack whose address is not known; its folder is {detail}',
    ru: 'тип узла {subject} — из пака с неизвестным адресом; его папка {detail}',
  },
  NODE_INACTIVE: {
    en: 'node type {subject} is muted or bypassed and needs no pack; nodes {detail}',
    ru: 'тип узла {subject} отключён в workflow, пак не нужен; узлы {detail}',
  },
} as const satisfies Record<string, { en: string; ru: string }>

export type NoteCode = keyof typeof noteTable
