import { say, type Language } from '../core/messages.ts'

const KINDS = {
  checkout: 'kindCheckout',
  core: 'kindCore',
  'python-lock': 'kindPythonLock',
  venv: 'kindVenv',
  packages: 'kindPackages',
  bytecode: 'kindBytecode',
  model: 'kindModel',
  home: 'kindHome',
  check: 'kindCheck',
  pack: 'kindPack',
  unlink: 'kindUnlink',
  delete: 'kindDelete',
  realize: 'phaseApply',
  start: 'phaseStart',
  job: 'phaseJob',
} as const

const ACTIONS = {
  clone: 'actionClone',
  fetch: 'actionFetch',
  unpack: 'actionUnpack',
  repair: 'actionRepair',
  reuse: 'actionReuse',
  missing: 'actionMissing',
  prepare: 'actionPrepare',
  resolve: 'actionResolve',
  create: 'actionCreate',
  recreate: 'actionRecreate',
  sync: 'actionSync',
  compile: 'actionCompile',
  download: 'actionDownload',
  copy: 'actionCopy',
  link: 'actionLink',
  adopt: 'actionAdopt',
  present: 'actionPresent',
  skip: 'actionSkip',
  write: 'actionWrite',
  run: 'actionRun',
  place: 'actionPlace',
  remove: 'actionRemove',
  foreign: 'actionForeign',
} as const

/** The name of a step kind or a phase for people; an unknown one is shown as it is. */
export function kindName(kind: string, language: Language): string {
  return isKeyOf(KINDS, kind) ? say(language, KINDS[kind], {}) : kind
}

export function actionName(action: string, language: Language): string {
  return isKeyOf(ACTIONS, action) ? say(language, ACTIONS[action], {}) : action
}

function isKeyOf<T extends object>(table: T, key: PropertyKey): key is keyof T {
  return Object.hasOwn(table, key)
}
